import { expect } from 'chai';
import { serialize } from 'pg-protocol';
import sql from 'sql-template-tag';
import type { WorkspaceId } from '../../src/lib/ids.ts';
import { rowHistory, rowsAsOf } from '../../src/store/sql/as-of.ts';
import { unestimated } from '../../src/store/sql/key-lookup.ts';
import { statementsIn } from '../support/statements.ts';
import { missingWorkspace } from '../support/tenant-tables.ts';

const ID = '00000000-0000-0000-0000-000000000001' as WorkspaceId;

describe('the check of statements for their workspace', () => {
  const whole: Readonly<Record<string, string>> = {
    'by alias':
      sql`select from users u join groups as g on g.workspace_id = ${ID} where u.workspace_id = ${ID}`.text,
    'by name': sql`select from users where workspace_id = ${ID}`.text,
    'with a cast': sql`delete from tokens where workspace_id = ${ID}::uuid`.text,
    unestimated: sql`update users u set status = 'x' where u.workspace_id = ${unestimated(ID)}`.text,
    'of another table without a workspace': sql`select from workspaces w where w.id = ${ID}`.text,
    inserted:
      sql`insert into users as u (workspace_id, id) values (${ID}, ${ID}) on conflict (workspace_id, id) do nothing`
        .text,
    'of versions': sql`select from ${rowsAsOf('users', ['id'], new Date())} u where u.workspace_id = ${ID}`
      .text,
    'of intervals': sql`select from ${rowHistory('roles', ['id'])} r where r.workspace_id = ${ID}`.text,
    'that stands in a text': sql`select 'from users'`.text,
  };
  for (const [name, text] of Object.entries(whole)) {
    it(`takes a table ${name}`, () => expect(missingWorkspace(text)).to.deep.equal([]));
  }

  const missing: Readonly<Record<string, readonly [string, string[]]>> = {
    'none at all': [sql`select from users u`.text, ['u']],
    "another table's": [
      sql`select from users u join groups g on g.workspace_id = u.workspace_id where u.workspace_id = ${ID}`
        .text,
      ['g'],
    ],
    'one for two': [
      sql`select from users where workspace_id = ${ID} and exists (select from groups)`.text,
      ['groups'],
    ],
    'of a subquery with the same alias': [
      sql`select from users x where x.workspace_id = ${ID} and exists (select from groups x)`.text,
      ['x'],
    ],
    'of versions': [sql`select from ${rowsAsOf('users', ['id'], new Date())} u`.text, ['u']],
    'of a history': [sql`select from users_history h where h.id = ${ID}`.text, ['h']],
    'in an insert': [sql`insert into users (id) values (${ID})`.text, ['users']],
  };
  for (const [name, [text, tables]] of Object.entries(missing)) {
    it(`sees a missing one: ${name}`, () => expect(missingWorkspace(text)).to.deep.equal(tables));
  }

  it('reads statements as they are sent', () => {
    const sent = Buffer.concat([
      serialize.parse({ name: 'one', text: 'select 1' }),
      serialize.bind({ statement: 'one', values: ['P'] }),
      serialize.execute(),
      serialize.parse({ text: 'select 2' }),
      serialize.sync(),
      serialize.query('begin'),
    ]);
    expect([...statementsIn(sent)]).to.deep.equal(['select 1', 'select 2', 'begin']);
  });
});
