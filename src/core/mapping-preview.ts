import { notFound } from '../errors.ts';
import { asId, type GroupId, type LicenseId, type UserId, type WorkspaceId } from '../ids.ts';
import { isOnlyOneProduct } from '../store/change-lock.ts';
import type { Tx } from '../store/db.ts';
import { inSnapshot } from '../store/snapshot.ts';
import { findGroup } from '../store/groups.ts';
import { holdersOfSeveral } from '../store/held-ways.ts';
import {
  changedGrants,
  changedThings,
  grantChanges,
  waysOf,
  withoutExpired,
  type ChangedThing,
  type GrantChanges,
  type Way,
} from '../store/mapping-preview.ts';
import { catalogueKeys, groupNames, type CatalogueKeys } from '../store/mapping-rules.ts';
import { countSeats, limitedLicenses } from '../store/seats.ts';
import type { Via } from './access.ts';
import type { Caller } from './caller.ts';
import { checkRules } from './check-rules.ts';
import type { Core } from './core.ts';
import type { GrantStatement } from './grant-statements.ts';
import { wantedByRules, wantedOfGroup } from './mapping.ts';
import type { MappingRule } from './mapping-rules.ts';
import { severalRefused } from './one-product.ts';
import { refusalOf } from './seats.ts';

/** A change of the mapping that has not been saved: what is to be written on a group, or all rules. */
export type MappingDraft =
  | { readonly group: string; readonly grants: readonly GrantStatement[] }
  | { readonly rules: readonly MappingRule[] };

type OmitEach<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** One thing that a user would gain or lose, and the ways by which it would be, or is, had. */
export interface AccessChange {
  readonly user: { readonly id: UserId; readonly userName: string };
  readonly kind: ChangedThing['kind'];
  readonly target: string;
  readonly level: string;
  readonly via: readonly OmitEach<Via, 'since' | 'by'>[];
}

/** All of them counted, and the first by user name. */
export interface AccessChanges {
  readonly total: number;
  readonly first: readonly AccessChange[];
}

/** How many seats of a license would be held; `seats` is null for no limit. */
export interface SeatChange {
  readonly product: string;
  readonly license: string;
  readonly before: number;
  readonly after: number;
  readonly seats: number | null;
}

export interface MappingPreview {
  readonly gains: AccessChanges;
  readonly losses: AccessChanges;
  /** The licenses of which more or fewer seats would be held. */
  readonly seats: readonly SeatChange[];
  /** Why it could not be saved as things are, in the words of the refusal. */
  readonly refused: string | null;
}

const FIRST = 20;

/**
 * What would come of a change of the mapping, by the query that gives access, over the grants as they would be. A
 * thing that a user has anyway is neither gained nor lost by another way to it. Takes no lock: nobody waits for it,
 * and it waits for nobody. Throws what saving would throw of the input itself: `not_found`, `invalid`.
 */
export function previewMapping(core: Core, caller: Caller, draft: MappingDraft): Promise<MappingPreview> {
  return inSnapshot(core.db, async (tx) => {
    const keys = await catalogueKeys(tx, caller.workspaceId);
    const changes = await changesBy(tx, caller, draft, keys);
    const things = await changedThings(tx, caller.workspaceId, changes, FIRST);
    return {
      gains: await shown(tx, caller, things, true, changes),
      losses: await shown(tx, caller, things, false),
      ...(await seatsAfter(tx, caller, changes, keys)),
    };
  });
}

async function changesBy(
  tx: Tx,
  { workspaceId, signal }: Caller,
  draft: MappingDraft,
  keys: CatalogueKeys,
): Promise<GrantChanges> {
  if ('rules' in draft) {
    checkRules(draft.rules, keys);
    const groups = draft.rules.length > 0 ? await groupNames(tx, workspaceId) : [];
    const wanted = await wantedByRules(groups, draft.rules, keys, { signal, isStrict: true });
    return grantChanges(tx, workspaceId, 'rule', undefined, wanted);
  }
  const groupId = asId<GroupId>(draft.group);
  if (!groupId || !(await findGroup(tx, workspaceId, groupId))) throw notFound('group', draft.group);
  return grantChanges(tx, workspaceId, 'own', [groupId], wantedOfGroup(groupId, draft.grants, keys));
}

async function shown(
  tx: Tx,
  { workspaceId }: Caller,
  things: readonly ChangedThing[],
  gains: boolean,
  changes?: GrantChanges,
): Promise<AccessChanges> {
  const first = things.filter((thing) => thing.is_gain === gains);
  if (first.length === 0) return { total: 0, first: [] };
  const users = [...new Set(first.map((thing) => thing.user_id))];
  const ways = await waysOf(tx, workspaceId, users, changes);
  return {
    total: first[0]?.total ?? 0,
    first: first.map((thing) => ({
      user: { id: thing.user_id, userName: thing.user_name },
      kind: thing.kind,
      target: thing.target,
      level: thing.level,
      via: ways.filter((way) => isTo(thing, way)).map(asVia),
    })),
  };
}

function isTo(thing: ChangedThing, way: Way): boolean {
  return (['user_id', 'kind', 'target', 'level'] as const).every((column) => thing[column] === way[column]);
}

function asVia({ source, group_id, group_name, origin, rule }: Way): AccessChange['via'][number] {
  if (group_id === null) return { type: 'direct', source: source as 'admin' };
  const group = { id: group_id, displayName: group_name ?? '' };
  return { type: 'group', group, mapping: origin as 'own' | 'rule', rule };
}

async function seatsAfter(
  tx: Tx,
  { workspaceId }: Caller,
  changes: GrantChanges,
  keys: CatalogueKeys,
): Promise<Pick<MappingPreview, 'seats' | 'refused'>> {
  if (![...changes.ended, ...changes.begun].some((one) => one.license_id !== null)) {
    return { seats: [], refused: null };
  }
  const groupGrants = changedGrants(workspaceId, changes);
  const count = async (options: { groupGrants?: typeof groupGrants; joined?: boolean }) => {
    const only = options.joined ? withoutExpired(workspaceId) : undefined;
    const counted = await countSeats(tx, workspaceId, only, { all: true, groupGrants: options.groupGrants });
    return new Map(counted.map((one): [LicenseId, number] => [one.license_id, one.count]));
  };
  const limited = await limitedLicenses(tx, workspaceId);
  const before = await count({});
  let after = await count({ groupGrants });
  // As a save does: invitations past their time may not refuse anybody.
  if (refusalOf(limited, after)) after = await count({ groupGrants, joined: true });
  const limits = new Map(limited.map((license) => [license.id, license.seats]));
  return {
    seats: keys.licenses
      .map(({ id, product, key }) => ({
        product,
        license: key,
        before: before.get(id) ?? 0,
        after: after.get(id) ?? 0,
        seats: limits.get(id) ?? null,
      }))
      .filter((license) => license.before !== license.after)
      .sort((a, b) => (a.product + ':' + a.license < b.product + ':' + b.license ? -1 : 1)),
    refused: (refusalOf(limited, after) ?? (await secondProduct(tx, workspaceId, changes)))?.message ?? null,
  };
}

/** What refuses that some would hold a second product, where only one may be given. */
async function secondProduct(tx: Tx, workspaceId: WorkspaceId, changes: GrantChanges) {
  const onlyOneProduct = await isOnlyOneProduct(tx, workspaceId);
  if (!onlyOneProduct) return undefined;
  const before = await holdersOfSeveral(tx, workspaceId, undefined);
  const groupGrants = changedGrants(workspaceId, changes);
  return severalRefused(before, await holdersOfSeveral(tx, workspaceId, undefined, groupGrants));
}
