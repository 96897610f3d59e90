import { expect } from 'chai';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import type { Core } from '../../../src/core/context/core.ts';
import { newId, type UserId, type WorkspaceId } from '../../../src/lib/ids.ts';
import { openDb } from '../../../src/store/db/pool.ts';
import { scopeOf } from '../../../src/store/db/scope.ts';
import { inTransaction } from '../../../src/store/db/transaction.ts';
import { findEntry, usersNamed } from '../../../src/store/users/directory.ts';
import { namesOf, pseudonymise } from '../../../src/store/users/erasure.ts';
import { profileTexts } from '../../../src/store/users/profile-texts.ts';
import {
  insertUser,
  type JsonObject,
  lockUser,
  updateUser,
  type UserState,
} from '../../../src/store/users/users.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { unguarded } from '../../support/unguarded.ts';
import { afterStep, largeAttributes, largeStep, noise, sizes } from './large-steps.ts';

/** A user as it was from a time on. */
interface Past {
  readonly at: Date;
  readonly attributes: JsonObject;
  readonly fullName: string;
}

/** Each text in attributes, by the attribute, or the part of an object, that it stands in. */
function textsOf(attributes: JsonObject): { attribute: string; text: string }[] {
  const leaves = (value: unknown): string[] =>
    typeof value === 'string'
      ? [value]
      : typeof value === 'object' && value !== null
        ? Object.values(value).flatMap(leaves)
        : [];
  return Object.entries(attributes).flatMap(([name, value]) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const parts = isObject ? Object.entries(value) : [[name, value] as const];
    return parts.flatMap(([attribute, part]) => leaves(part).map((text) => ({ attribute, text })));
  });
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
      const current = await lockUser(scopeOf(tx, workspaceId), id);
      return current
        ? updateUser(unguarded(tx, workspaceId), current, state, at)
        : insertUser(unguarded(tx, workspaceId), id, state, at);
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

  const entryAt = (id: UserId, { at }: Past) => findEntry(scopeOf(core.db, workspaceId), id, at);
  const namedBy = async (email: string, { at }: Past) =>
    (await usersNamed(scopeOf(core.db, workspaceId), { userName: randomUUID(), email }, at)).map(
      ({ id }) => id,
    );

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

  it('are made of what differs exactly, without a whole copy to fall back on', async function () {
    this.timeout(0);
    const steps = fc.array(largeStep, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(sizes, steps, async (of, happened) => {
        const base = largeAttributes(of, 'base');
        const target = happened.reduce(afterStep, base);
        const { rows } = await core.db.raw<{ rows: { made: JsonObject }[] }>(
          `select user_made_from(base, user_difference(base, target, (
              select coalesce(jsonb_object_agg(text, place), '{}') from unnest(texts) with ordinality t(text, place))),
            texts) as made
          from (select ?::jsonb as base, ?::jsonb as target, user_long_texts(?::jsonb) as texts) given`,
          [JSON.stringify(base), JSON.stringify(target), JSON.stringify(base)],
        );
        expect(rows[0]?.made).to.deep.equal(target);
      }),
      { numRuns: Math.ceil(Number(process.env['PROPERTY_RUNS'] ?? 300) / 5) },
    );
  });

  it('are whole again after some of them, so that what differs stays little', async () => {
    const id = person();
    const attributes = largeAttributes({ emails: 0, phoneNumbers: 0, photos: 3 }, id);
    await write(id, attributes);
    const photo = (n: number) => ({ value: noise(n, 40_000), type: `${n}` });
    for (let n = 1; n <= 40; n += 1)
      await write(id, {
        ...attributes,
        title: `Version ${n}`,
        photos: [photo(n), ...(attributes['photos'] as [])],
      });
    // 40 photos of 40 KB came, and each is kept as long as it is in a version: a few times, not in all that follow.
    const { bytes, whole, parts } = await stored(id);
    expect(whole + parts).to.equal(40);
    expect(bytes).to.be.lessThan(40 * 4 * 40_000);
  });

  it('go on from rows that an earlier version of Rollcall wrote, also when the user is small in between', async () => {
    const id = person();
    const large = largeAttributes({ emails: 60, phoneNumbers: 9, photos: 2 }, id);
    const past = [await write(id, large)];
    await core.db.raw('alter table users disable trigger users_history');
    await core.db.raw(
      "insert into users_history select updated_at + interval '1 second', u.* from users u where id = ?",
      [id],
    );
    past.push(await write(id, { ...large, title: 'Changed' }));
    await core.db.raw('alter table users enable trigger users_history');
    for (const attributes of [
      { ...large, title: 'Again' },
      { title: 'Small' },
      { title: 'Smaller' },
      large,
      large,
    ])
      past.push(await write(id, { ...attributes, nickName: String(past.length) }));
    for (const then of past) expect((await entryAt(id, then))?.attributes).to.deep.equal(then.attributes);
    const { whole, parts } = await stored(id);
    expect({ whole, parts }).to.deep.equal({ whole: 4, parts: 2 });
  });

  it('give every text by the attribute that it stood in, so that erasing finds it', async function () {
    this.timeout(0);
    const steps = fc.array(largeStep, { minLength: 3, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, steps, async (of, happened) => {
        const id = person();
        let attributes = { ...largeAttributes(of, id), name: { familyName: 'Lovelace' } } as JsonObject;
        const all = [attributes];
        // A name that stands in one version only, which is kept as what differs.
        for (const familyName of ['Zzyzx', 'Byron']) {
          await write(id, attributes);
          all.push((attributes = { ...attributes, name: { familyName } }));
        }
        await write(id, attributes);
        for (const step of happened) {
          all.push((attributes = afterStep(attributes, step)));
          await write(id, attributes);
        }
        const texts = await inTransaction(core.db, (tx) => profileTexts(scopeOf(tx, workspaceId), id));
        const given = texts.map(({ attribute, text }) => `${attribute}: ${text}`);
        // Longer ones are kept once, with the whole version that had them first.
        const expected = all.flatMap(textsOf).filter(({ text }) => text.length >= 2 && text.length <= 200);
        expect(given).to.include.members(expected.map(({ attribute, text }) => `${attribute}: ${text}`));
        expect(given).to.include('familyName: Zzyzx');
        const known = new Set(all.flatMap(textsOf).map(({ text }) => text));
        expect(texts.filter(({ text }) => !known.has(text))).to.deep.equal([]);
      }),
      { numRuns: Math.ceil(Number(process.env['PROPERTY_RUNS'] ?? 300) / 15) },
    );
  });

  it('name everything that somebody was called, and nothing once erased', async () => {
    const id = person();
    const large = largeAttributes({ emails: 80, phoneNumbers: 40, photos: 2 }, id);
    const formatted = `Ada ${noise(5, 1_500)}`;
    const unnamed = Object.fromEntries(Object.entries(large).filter(([name]) => name !== 'displayName'));
    await write(id, { ...large, title: 'First' });
    await write(id, { ...large, displayName: 'Ada' });
    await write(id, { ...large, name: { formatted: 'Ada of old' } });
    await write(id, { ...unnamed, name: { formatted } });
    const past = await write(id, {
      ...large,
      emails: [{ value: 'Only.Once@x.io' }, ...(large['emails'] as [])],
    });
    await write(id, large);
    const names = await inTransaction(core.db, (tx) => namesOf(scopeOf(tx, workspaceId), id));
    expect(names).to.include.members([
      ...['Large', 'Ada', 'Ada of old', formatted, 'only.once@x.io', `emails-0@${id}.io`],
    ]);
    expect(await namedBy('only.once@x.io', past)).to.deep.equal([id]);

    await core.db.raw(
      `update users set status = 'inactive', active_since = null, removed_at = now() where id = ?`,
      [id],
    );
    await inTransaction(core.db, (tx) =>
      pseudonymise(scopeOf(tx, workspaceId), id, 'erased', new Date((clock += 1_000))),
    );
    const { rows } = await core.db.raw<{ rows: { attributes: object; full_name: string }[] }>(
      'select attributes, full_name, email_keys from users_history where id = ?',
      [id],
    );
    for (const row of rows)
      expect(row).to.deep.equal({ attributes: {}, full_name: 'erased', email_keys: [] });
    expect((await entryAt(id, past))?.attributes).to.deep.equal({});
  });
});
