import type { Requirement } from '../requirement.ts';
import { bulkReferences } from './bulk-references.ts';
import { bulkResults } from './bulk-results.ts';
import { bulkOperations } from './bulk.ts';
import { common } from './common.ts';
import { config } from './config.ts';
import { create } from './create.ts';
import { cursorConfig } from './cursor-config.ts';
import { moreCursors } from './cursors-more.ts';
import { cursors } from './cursors.ts';
import { deletion } from './delete.ts';
import { discovery } from './discovery.ts';
import { errors } from './errors.ts';
import { etags } from './etags.ts';
import { moreFilters } from './filters-more.ts';
import { filters } from './filters.ts';
import { formats } from './formats.ts';
import { lists } from './lists.ts';
import { names } from './names.ts';
import { pages } from './pages.ts';
import { patchAdd } from './patch-add.ts';
import { patchMembers } from './patch-members.ts';
import { patchRefused } from './patch-refused.ts';
import { patchRemove } from './patch-remove.ts';
import { patchReplace } from './patch-replace.ts';
import { patch } from './patch.ts';
import { moreProjection } from './projection-more.ts';
import { projection } from './projection.ts';
import { put } from './put.ts';
import { resourceTypes } from './resource-types.ts';
import { resources } from './resources.ts';
import { schemas } from './schemas.ts';
import { searches } from './search.ts';
import { userAndGroup } from './user.ts';
import { values } from './values.ts';

/** Every requirement, in the order of the RFCs and their sections. */
export const requirements: readonly Requirement[] = [
  ...config,
  ...schemas,
  ...resourceTypes,
  ...resources,
  ...common,
  ...values,
  ...userAndGroup,
  ...errors,
  ...names,
  ...discovery,
  ...create,
  ...lists,
  ...filters,
  ...moreFilters,
  ...pages,
  ...projection,
  ...moreProjection,
  ...searches,
  ...put,
  ...patch,
  ...patchRefused,
  ...patchAdd,
  ...patchRemove,
  ...patchReplace,
  ...patchMembers,
  ...deletion,
  ...bulkOperations,
  ...bulkResults,
  ...bulkReferences,
  ...formats,
  ...etags,
  ...cursors,
  ...moreCursors,
  ...cursorConfig,
].toSorted((a, b) => orderOf(a.id).localeCompare(orderOf(b.id)));

/** `7644-3.5.2-04` with numbers that sort as text. */
function orderOf(id: string): string {
  return id.replaceAll(/\d+/g, (digits) => digits.padStart(4, '0'));
}
