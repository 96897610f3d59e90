// Records of the store that the core returns; the edges import them from here.
export type { AccessRow } from '../../store/access/effective.ts';
export type { GroupRow } from '../../store/groups/groups.ts';
export type { Cursor, CursorPage } from '../../store/sql/cursor-page.ts';
export type { SortBy } from '../../store/sql/offset-page.ts';
export type { ShownUser, UserRow } from '../../store/users/users.ts';
