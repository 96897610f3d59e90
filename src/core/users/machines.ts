import { invalid, notFound, RollcallError } from '../../lib/errors.ts';
import { asId, type MachineId, newId, type ProductId, type UserId } from '../../lib/ids.ts';
import { findProduct } from '../../store/catalog/products.ts';
import type { MachineRow, MachineSort } from '../../store/users/machines.ts';
import * as store from '../../store/users/machines.ts';
import { lockUser, type UserRow } from '../../store/users/users.ts';
import { userNamed } from '../access/effective.ts';
import { change, type Change } from '../change/change.ts';
import type { Context } from '../context/context.ts';
import { diffFields } from '../shared/diff.ts';
import { assertName } from '../shared/keys.ts';
import type { KeysetPage, Page } from '../shared/keyset.ts';

export type { MachineRow as Machine, MachineSort } from '../../store/users/machines.ts';

/** A machine as a product or an admin registers it. */
export interface MachineInput {
  /** By id, userName or address. */
  readonly user: string;
  readonly name: string;
  /** Identifies the machine; the same on every registration. */
  readonly fingerprint: string;
  /** The key of a product; undefined leaves it as it is, null removes it. */
  readonly product?: string | null | undefined;
}

const FINGERPRINT = /^[\x21-\x7e]{1,200}$/;

/** A page of the registered machines; `user` is an id, userName or address. Throws `not_found`, `refused` (access.ts). */
export async function listMachines(
  ctx: Context,
  filter: { readonly user?: string | undefined; readonly product?: string | undefined },
  page: KeysetPage<MachineSort>,
): Promise<Page<MachineRow>> {
  const user = filter.user === undefined ? undefined : await userNamed(ctx, filter.user);
  const { product } = filter;
  return store.listMachines(ctx.scope, { userId: user?.id, product }, page);
}

/**
 * Registers a machine of an active user. Registering it again updates when it was last seen, which is an audit event
 * only if its name or product changed. Throws `invalid`, `not_found` (user), `refused` for a user who is not active, and
 * `taken` when the fingerprint belongs to another user's machine.
 */
export async function registerMachine(
  ctx: Context,
  input: MachineInput,
): Promise<{ machine: MachineRow; created: boolean }> {
  assertName(input.name);
  if (!FINGERPRINT.test(input.fingerprint)) {
    throw invalid('fingerprint', 'A fingerprint has 1 to 200 visible ASCII characters, without spaces.');
  }
  const target = await userNamed(ctx, input.user);
  return change(ctx, async (c) => {
    const productId = await findProductId(c, input.product);
    const user = await lockUser(c.scope, target.id);
    if (!user) throw notFound('user', input.user);
    if (user.status !== 'active') {
      const who = `"${user.user_name}" is ${user.status}`;
      throw new RollcallError('refused', `Only an active user can register a machine; ${who}.`);
    }
    c.advanceClock(user.now);
    const known = await store.machineByFingerprint(c.scope, input.fingerprint);
    if (known && known.user_id !== user.id) throw fingerprintTaken(known);
    const id = known
      ? await updateSeen(c, known, input, productId)
      : await insertMachine(c, user, input, productId);
    return {
      machine: (await store.findMachine(c.scope, id)) as MachineRow,
      created: !known,
    };
  });
}

async function findProductId(
  c: Change,
  key: string | null | undefined,
): Promise<ProductId | null | undefined> {
  if (key === undefined || key === null) return key;
  const product = await findProduct(c.scope, key);
  if (!product) throw invalid('product', `There is no product "${key}" in this workspace.`);
  return product.id;
}

function fingerprintTaken({ user_name }: MachineRow): RollcallError {
  return new RollcallError(
    'taken',
    `This machine is registered by "${user_name}". Remove that registration first.`,
    { fields: [{ field: 'fingerprint', message: 'is already registered' }] },
  );
}

async function insertMachine(
  c: Change,
  user: UserRow,
  { name, fingerprint, product }: MachineInput,
  productId: ProductId | null | undefined,
): Promise<MachineId> {
  const id = newId<MachineId>();
  const eventId = c.record({
    action: 'machine.registered',
    target: { kind: 'machine', id, name },
    related: user.id,
    after: { name, fingerprint, product: product ?? null },
  });
  const row = { id, userId: user.id, productId: productId ?? null, name, fingerprint, eventId };
  if (await store.insertMachine(c.scope, row, c.at)) return id;
  // Somebody else registered it in the meantime; start over.
  return c.retry('This machine is being registered by others; try again.');
}

async function updateSeen(
  c: Change,
  known: MachineRow,
  input: MachineInput,
  productId: ProductId | null | undefined,
): Promise<MachineId> {
  const product = productId === undefined ? known.product : (input.product ?? null);
  const changed = diffFields(
    { name: known.name, product: known.product?.toLowerCase() },
    { name: input.name, product: product?.toLowerCase() },
  );
  if (changed) c.record({ action: 'machine.updated', ...eventTarget(known), ...changed });
  await store.updateMachine(c.scope, known.id, { name: input.name, productId }, c.at);
  return known.id;
}

/** Removes a machine; any user can register it again. Throws `not_found`. */
export async function removeMachine(ctx: Context, id: string): Promise<void> {
  const machineId = asId<MachineId>(id);
  await change(ctx, async (c) => {
    const row = machineId && (await store.findMachine(c.scope, machineId));
    const user = row && (await lockUser(c.scope, row.user_id));
    const machine = user && (await store.findMachine(c.scope, row.id));
    if (!machine) throw notFound('machine', id);
    c.advanceClock(user.now);
    await removeMachines(c, [machine]);
  });
}

/** Removes the machines of locked users who are being removed. */
export async function removeMachinesOf(c: Change, userIds: readonly UserId[]): Promise<void> {
  await removeMachines(c, await store.machinesOfUsers(c.scope, userIds));
}

async function removeMachines(c: Change, machines: readonly MachineRow[]): Promise<void> {
  if (machines.length === 0) return;
  const ids = machines.map((machine) => machine.id);
  const events = machines.map((machine) => {
    const { name, fingerprint, product } = machine;
    return c.record({
      action: 'machine.removed',
      ...eventTarget(machine),
      before: { name, fingerprint, product },
    });
  });
  await store.endMachines(c.scope, { ids, events }, c.at);
}

function eventTarget({ id, name, user_id }: MachineRow) {
  return { target: { kind: 'machine', id, name }, related: user_id } as const;
}
