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
  /** What the machine is known by, the same each time. */
  readonly fingerprint: string;
  /** The key of a product; undefined says nothing of it, null is none. */
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
 * Registers a machine of an active user. The same user's again is noted as seen, which is no event unless its name or
 * product changed. Throws `invalid`, `not_found` (user), `refused` for a user who is not active, and `taken` for the
 * fingerprint of somebody else's machine.
 */
export async function registerMachine(
  ctx: Context,
  input: MachineInput,
): Promise<{ machine: MachineRow; created: boolean }> {
  assertName(input.name);
  if (!FINGERPRINT.test(input.fingerprint)) {
    throw invalid('fingerprint', 'A fingerprint has 1 to 200 visible ASCII characters, without spaces.');
  }
  const named = await userNamed(ctx, input.user);
  return change(ctx, async (c) => {
    const productId = await productOf(c, input.product);
    const user = await lockUser(c.scope, named.id);
    if (!user) throw notFound('user', input.user);
    if (user.status !== 'active') {
      const who = `"${user.user_name}" is ${user.status}`;
      throw new RollcallError('refused', `Only an active user can register a machine; ${who}.`);
    }
    c.advanceClock(user.now);
    const known = await store.machineByFingerprint(c.scope, input.fingerprint);
    if (known && known.user_id !== user.id) throw registeredBy(known);
    const id = known ? await seeAgain(c, known, input, productId) : await insert(c, user, input, productId);
    return {
      machine: (await store.findMachine(c.scope, id)) as MachineRow,
      created: !known,
    };
  });
}

async function productOf(c: Change, key: string | null | undefined): Promise<ProductId | null | undefined> {
  if (key === undefined || key === null) return key;
  const product = await findProduct(c.scope, key);
  if (!product) throw invalid('product', `There is no product "${key}" in this workspace.`);
  return product.id;
}

function registeredBy({ user_name }: MachineRow): RollcallError {
  return new RollcallError(
    'taken',
    `This machine is registered by "${user_name}". Remove that registration first.`,
    { fields: [{ field: 'fingerprint', message: 'is already registered' }] },
  );
}

async function insert(
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
  // Registered meanwhile: to be looked at again, from the start.
  return c.retry('This machine is being registered by others; try again.');
}

async function seeAgain(
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
  if (changed) c.record({ action: 'machine.updated', ...about(known), ...changed });
  await store.updateMachine(c.scope, known.id, { name: input.name, productId }, c.at);
  return known.id;
}

/** Removes a machine; it can be registered anew, by anybody. Throws `not_found`. */
export async function removeMachine(ctx: Context, id: string): Promise<void> {
  const machineId = asId<MachineId>(id);
  await change(ctx, async (c) => {
    const found = machineId && (await store.findMachine(c.scope, machineId));
    const user = found && (await lockUser(c.scope, found.user_id));
    const machine = user && (await store.findMachine(c.scope, found.id));
    if (!machine) throw notFound('machine', id);
    c.advanceClock(user.now);
    await end(c, [machine]);
  });
}

/** Removes the machines of locked users, who are removed themselves. */
export async function endMachinesOf(c: Change, userIds: readonly UserId[]): Promise<void> {
  await end(c, await store.machinesOfUsers(c.scope, userIds));
}

async function end(c: Change, machines: readonly MachineRow[]): Promise<void> {
  if (machines.length === 0) return;
  const ids = machines.map((machine) => machine.id);
  const events = machines.map((machine) => {
    const { name, fingerprint, product } = machine;
    return c.record({ action: 'machine.removed', ...about(machine), before: { name, fingerprint, product } });
  });
  await store.endMachines(c.scope, { ids, events }, c.at);
}

function about({ id, name, user_id }: MachineRow) {
  return { target: { kind: 'machine', id, name }, related: user_id } as const;
}
