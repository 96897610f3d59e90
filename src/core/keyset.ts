export type { KeysetPage, Page, Position } from '../store/keyset.ts';
