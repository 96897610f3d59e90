import { expect } from 'chai';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import type { Core } from '../../src/core/core.ts';
import { newId, type UserId, type WorkspaceId } from '../../src/ids.ts';
import { findEntry, listDirectory, usersNamed } from '../../src/store/directory.ts';
import { openDb } from '../../src/store/db.ts';
import { namesOf, pseudonymise } from '../../src/store/erasure.ts';
import { inTransaction } from '../../src/store/transaction.ts';
import { insertUser, lockUser, updateUser, type JsonObject, type UserState } from '../../src/store/users.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { afterStep, largeAttributes, largeStep, noise, sizes } from './large-steps.ts';

/** A user as it was from a time on. */
interface Past {
  readonly at: Date;
  readonly attributes: JsonObject;
  readonly fullName: string;
}

describe('versions of large users', () => {
  let database: TestDatabase;
  let core: Core;
  let workspaceId: WorkspaceId;
  let clock = Date.parse('2026-01-01T00:00:00Z');

  before(async () => {
    database = await createDatabase();
    core = { db: openDb({ url: database.url, poolSize: 4 }) };
    workspaceId = newId<WorkspaceId>();
    await core.db.raw(
      `insert into workspaces (id, key, name, created_at, updated_at) values (?, 'large', 'Large', now(), now())`,
      [workspaceId],
    );
  });
  after(async () => {
    await core.db.destroy();
    await database.drop();
  });

  const person = () => newId<UserId>();

  /** Writes a version, a second after the one before, or at the same time. */
  async function write(id: UserId, attributes: JsonObject, after = 1_000): Promise<Past> {
    clock += after;
    const at = new Date(clock);
    const state: UserState = {
      user_name: `large-${id}`,
      external_id: null,
      status: 'active',
      source: 'scim',
      managed_by: 'idp',
      attributes,
      organization_id: null,
      organization_pushed: null,
      organization_last_pushed: null,
      start_date: null,
      joined_at: at,
      active_since: at,
      removed_at: null,
      deleted_at: null,
    };
    const row = await inTransaction(core.db, async (tx) => {
      const current = await lockUser(tx, workspaceId, id);
      return current
        ? updateUser(tx, workspaceId, current, state, at)
        : insertUser(tx, workspaceId, id, state, at);
    });
    return { at, attributes: row!.attributes, fullName: row!.full_name };
  }

  async function stored(id: UserId) {
    const { rows } = await core.db.raw<{ rows: { bytes: number; whole: number; parts: number }[] }>(
      `select coalesce(sum(pg_column_size(h.*)), 0)::integer as bytes,
          count(*) filter (where attributes -> '$of' is null)::integer as whole,
          count(*) filter (where attributes -> '$of' is not null)::integer as parts
        from users_history h where workspace_id = ? and id = ?`,
      [workspaceId, id],
    );
    return rows[0]!;
  }

  const entryAt = (id: UserId, { at }: Past) => findEntry(core.db, workspaceId, id, at);
  const namedBy = async (email: string, { at }: Past) =>
    (await usersNamed(core.db, workspaceId, { userName: randomUUID(), email }, at)).map(({ id }) => id);

  it('are answered as they were, whatever changed of them', async function () {
    this.timeout(0);
    const steps = fc.array(fc.record({ step: largeStep, after: fc.constantFrom(1_000, 1_000, 1_000, 0) }), {
      minLength: 5,
      maxLength: 25,
    });
    let parts = 0;
    await fc.assert(
      fc.asyncProperty(sizes, steps, async (of, happened) => {
        const id = person();
        let attributes = largeAttributes(of, id);
        const past = [await write(id, attributes)];
        for (const { step, after } of happened) {
          attributes = afterStep(attributes, step);
          const now = await write(id, attributes, after);
          // Two versions at one time: nobody can ask for the first.
          if (after === 0) past.pop();
          past.push(now);
        }
        for (const then of past) {
          const entry = await entryAt(id, then);
          expect(entry?.attributes).to.deep.equal(then.attributes);
          expect(entry?.full_name).to.equal(then.fullName);
        }
        const address = `emails-0@${id}.io`;
        for (const then of past) {
          const emails = (then.attributes['emails'] ?? []) as readonly { value?: string }[];
          const expected = emails.some(({ value }) => value === address) ? [id] : [];
          expect(await namedBy(address, then)).to.deep.equal(expected);
        }
        parts += (await stored(id)).parts;
      }),
      { numRuns: Math.ceil(Number(process.env['PROPERTY_RUNS'] ?? 300) / 15) },
    );
    expect(parts).to.be.greaterThan(20);
  });
});
