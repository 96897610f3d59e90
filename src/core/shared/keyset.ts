export type { KeysetPage, Page, Position } from '../../store/sql/keyset-page.ts';
