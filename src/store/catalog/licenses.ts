import sql from 'sql-template-tag';
import type { LicenseId, ProductId } from '../../lib/ids.ts';
import { rows } from '../db/query.ts';
import type { Scope, WriteScope } from '../db/scope.ts';

/** What may be changed of a license. */
export interface LicenseState {
  readonly key: string;
  readonly name: string;
  /** Null for no limit. */
  readonly seats: number | null;
  /** Null exactly when there is no limit. */
  readonly seats_used: number | null;
  /** What a grant past the last seat gets. */
  readonly overflow: 'refuse' | 'allow';
}

export interface LicenseRow extends LicenseState {
  readonly id: LicenseId;
  readonly product_id: ProductId;
  readonly updated_at: Date;
}

const COLUMNS = sql`l.id, l.product_id, l.key, l.name, l.seats, l.seats_used, l.overflow, l.updated_at`;

/** The licenses of some products, by key. */
export function licensesOf(scope: Scope, productIds: readonly ProductId[]): Promise<LicenseRow[]> {
  return rows(
    scope,
    sql`select ${COLUMNS} from licenses l
      where l.workspace_id = ${scope.workspaceId} and l.product_id = any(${productIds}::uuid[]) and l.deleted_at is null
      order by lower(l.key) collate "C"`,
  );
}

/** Inserts a license. Throws `taken` when its key is in use in the product. */
export async function insertLicense(
  scope: WriteScope,
  license: LicenseState & Pick<LicenseRow, 'id' | 'product_id'>,
  at: Date,
): Promise<void> {
  await rows(
    scope,
    sql`insert into licenses (workspace_id, id, product_id, key, name, seats, seats_used, overflow, created_at,
        updated_at)
      values (${scope.workspaceId}, ${license.id}, ${license.product_id}, ${license.key}, ${license.name},
        ${license.seats}, ${license.seats_used}, ${license.overflow}, ${at}, ${at})`,
  );
}

/** Writes the next version of a license. */
export async function updateLicense(
  scope: WriteScope,
  id: LicenseId,
  state: LicenseState,
  at: Date,
): Promise<void> {
  await rows(
    scope,
    sql`update licenses set key = ${state.key}, name = ${state.name}, seats = ${state.seats},
        seats_used = ${state.seats_used}, overflow = ${state.overflow}, updated_at = ${at}
      where workspace_id = ${scope.workspaceId} and id = ${id}`,
  );
}
