export type * from '../../store/sql/condition.ts';
