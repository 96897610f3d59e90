import { notFound } from '../../lib/errors.ts';
import { asId, type GroupId, type LicenseId, type UserId } from '../../lib/ids.ts';
import { holdersOfSeveral } from '../../store/access/grant-sources.ts';
import {
  changedGrants,
  type ChangedThing,
  changedThings,
  grantChanges,
  type GrantChanges,
  type Way,
  waysOf,
  withoutExpired,
} from '../../store/access/mapping-preview.ts';
import { catalogueKeys, type CatalogueKeys, groupNames } from '../../store/access/mapping-rules.ts';
import { countSeats, limitedLicenses } from '../../store/access/seats.ts';
import type { WriteScope } from '../../store/db/scope.ts';
import { inSnapshot } from '../../store/db/snapshot.ts';
import { isOnlyOneProduct } from '../../store/db/workspace-lock.ts';
import { findGroup } from '../../store/groups/groups.ts';
import { findSecondProductRefusal } from '../change/one-product.ts';
import { findSeatRefusal } from '../change/seats.ts';
import type { Context } from '../context/context.ts';
import { checkRules } from './check-rules.ts';
import type { Via } from './effective.ts';
import type { GrantStatement } from './grant-specs.ts';
import type { MappingRule } from './mapping-rules.ts';
import { wantedByRules, wantedOfGroup } from './mapping.ts';

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
export function previewMapping(ctx: Context, draft: MappingDraft): Promise<MappingPreview> {
  return inSnapshot(ctx.scope, async (scope) => {
    const keys = await catalogueKeys(scope);
    const changes = await changesBy(scope, ctx.caller.signal, draft, keys);
    const things = await changedThings(scope, changes, FIRST);
    return {
      gains: await shown(scope, things, true, changes),
      losses: await shown(scope, things, false),
      ...(await seatsAfter(scope, changes, keys)),
    };
  });
}

async function changesBy(
  scope: WriteScope,
  signal: AbortSignal | undefined,
  draft: MappingDraft,
  keys: CatalogueKeys,
): Promise<GrantChanges> {
  if ('rules' in draft) {
    checkRules(draft.rules, keys);
    const groups = draft.rules.length > 0 ? await groupNames(scope) : [];
    const wanted = await wantedByRules(groups, draft.rules, keys, { signal, isStrict: true });
    return grantChanges(scope, 'rule', undefined, wanted);
  }
  const groupId = asId<GroupId>(draft.group);
  if (!groupId || !(await findGroup(scope, groupId))) throw notFound('group', draft.group);
  return grantChanges(scope, 'own', [groupId], wantedOfGroup(groupId, draft.grants, keys));
}

async function shown(
  scope: WriteScope,
  things: readonly ChangedThing[],
  gains: boolean,
  changes?: GrantChanges,
): Promise<AccessChanges> {
  const first = things.filter((thing) => thing.is_gain === gains);
  if (first.length === 0) return { total: 0, first: [] };
  const users = [...new Set(first.map((thing) => thing.user_id))];
  const ways = await waysOf(scope, users, changes);
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
  scope: WriteScope,
  changes: GrantChanges,
  keys: CatalogueKeys,
): Promise<Pick<MappingPreview, 'seats' | 'refused'>> {
  if (![...changes.ended, ...changes.begun].some((one) => one.license_id !== null)) {
    return { seats: [], refused: null };
  }
  const groupGrants = changedGrants(scope.workspaceId, changes);
  const count = async (options: { groupGrants?: typeof groupGrants; joined?: boolean }) => {
    const only = options.joined ? withoutExpired(scope.workspaceId) : undefined;
    const counted = await countSeats(scope, only, { all: true, groupGrants: options.groupGrants });
    return new Map(counted.map((one): [LicenseId, number] => [one.license_id, one.count]));
  };
  const limited = await limitedLicenses(scope);
  const before = await count({});
  let after = await count({ groupGrants });
  // As a save does: invitations past their time may not refuse anybody.
  if (findSeatRefusal(limited, after)) after = await count({ groupGrants, joined: true });
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
    refused: (findSeatRefusal(limited, after) ?? (await secondProduct(scope, changes)))?.message ?? null,
  };
}

/** What refuses that some would hold a second product, where only one may be given. */
async function secondProduct(scope: WriteScope, changes: GrantChanges) {
  const onlyOneProduct = await isOnlyOneProduct(scope);
  if (!onlyOneProduct) return undefined;
  const before = await holdersOfSeveral(scope, undefined);
  const groupGrants = changedGrants(scope.workspaceId, changes);
  return findSecondProductRefusal(before, await holdersOfSeveral(scope, undefined, groupGrants));
}
