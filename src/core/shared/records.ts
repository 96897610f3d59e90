// The records that the core answers with are the store's; edges know them by this room.
export type { AccessRow } from '../../store/access/effective.ts';
export type { GroupRow } from '../../store/groups/groups.ts';
export type { Cursor, CursorPage } from '../../store/sql/cursor-page.ts';
export type { SortBy } from '../../store/sql/offset-page.ts';
export type { ShownUser, UserRow } from '../../store/users/users.ts';
