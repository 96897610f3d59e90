import sql, { empty, type Sql } from 'sql-template-tag';
import type { LicenseId, WorkspaceId } from '../../lib/ids.ts';
import { row, rows } from '../db/query.ts';
import type { Scope, WriteScope } from '../db/scope.ts';
import { held, type Only } from './effective.ts';

/** A license with a limit. */
export interface LimitedLicense {
  readonly id: LicenseId;
  readonly product: string;
  readonly license: string;
  readonly seats: number;
  readonly seats_used: number;
  readonly overflow: 'refuse' | 'allow';
}

function limited(workspaceId: WorkspaceId): Sql {
  return sql`select l.id, p.key as product, l.key as license, l.seats, l.seats_used, l.overflow
    from licenses l join products p on p.workspace_id = ${workspaceId} and p.id = l.product_id`;
}

/** The licenses of a workspace that have a limit, in the order in which they are locked. */
export function limitedLicenses(scope: Scope): Promise<LimitedLicense[]> {
  return rows<LimitedLicense>(
    scope,
    sql`${limited(scope.workspaceId)} where l.workspace_id = ${scope.workspaceId} and l.seats is not null order by l.id`,
  );
}

/** One license by its id; it has a limit. */
export async function limitedLicense(scope: WriteScope, id: LicenseId): Promise<LimitedLicense> {
  const found = await row<LimitedLicense>(
    scope,
    sql`${limited(scope.workspaceId)} where l.workspace_id = ${scope.workspaceId} and l.id = ${id}`,
  );
  return found as LimitedLicense;
}

/**
 * How many of the users hold a seat of each license; active and pending users hold one, whichever ways they have it.
 * Unlimited licenses are counted only when `all`. `groupGrants` stands in place of that table.
 */
export function countSeats(
  scope: Scope,
  only: Only,
  options: { all: boolean; groupGrants?: Sql | undefined } = { all: false },
): Promise<{ license_id: LicenseId; count: number }[]> {
  return rows(
    scope,
    sql`select h.license_id, count(distinct h.user_id) as count
      from (${held(scope.workspaceId, 'now', only, options.groupGrants)}) h
      join licenses l on l.workspace_id = ${scope.workspaceId} and l.id = h.license_id
        ${options.all ? empty : sql`and l.seats is not null`}
      join users u on u.workspace_id = ${scope.workspaceId} and u.id = h.user_id and u.status in ('active', 'pending')
      group by h.license_id order by h.license_id`,
  );
}

/**
 * Takes (or gives back, when negative) seats of a license. False when the license refuses to overflow and hasn't
 * that many left; the row is locked until the transaction ends, so that two can't take the same last seat.
 */
export async function takeSeats(scope: WriteScope, id: LicenseId, delta: number): Promise<boolean> {
  const taken = await rows(
    scope,
    sql`update licenses set seats_used = seats_used + ${delta}::integer
      where workspace_id = ${scope.workspaceId} and id = ${id}
        and (${delta}::integer <= 0 or overflow = 'allow' or seats_used + ${delta}::integer <= seats)
      returning id`,
  );
  return taken.length > 0;
}

/** Writes how many seats are used, counted anew. */
export async function setSeatsUsed(scope: WriteScope, id: LicenseId, used: number): Promise<void> {
  await rows(
    scope,
    sql`update licenses set seats_used = ${used} where workspace_id = ${scope.workspaceId} and id = ${id}`,
  );
}
