export type * from '../store/condition.ts';
