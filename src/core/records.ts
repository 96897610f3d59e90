// The records that the core answers with are the store's; edges know them by this room.
export type { AccessRow } from '../store/access.ts';
export type { Turn, Turned } from '../store/cursor-page.ts';
export type { GroupRow } from '../store/groups.ts';
export type { SortBy } from '../store/page.ts';
export type { ShownUser, UserRow } from '../store/users.ts';
