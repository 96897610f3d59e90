import { expect } from 'chai';
import sql from 'sql-template-tag';
import { ACTIONS, KEPT_FIELDS } from '../../../src/core/audit/events/catalog.ts';
import { openDb } from '../../../src/store/db/pool.ts';
import { row } from '../../../src/store/db/query.ts';
import { acrossWorkspaces } from '../../../src/store/db/scope.ts';
import { createDatabase } from '../../support/database.ts';

describe('the catalogue of audit events', () => {
  it('keeps the same fields through an erasure as the database does', async () => {
    const database = await createDatabase();
    const db = openDb({ url: database.url, poolSize: 1 });
    try {
      const found = await row<{ kept: string[] }>(acrossWorkspaces(db), sql`select audit_kept() as kept`);
      expect([...KEPT_FIELDS].sort()).to.deep.equal(found?.kept.sort());
    } finally {
      await db.destroy();
      await database.drop();
    }
  });

  it('names what an action is about first', () => {
    for (const action of ACTIONS) expect(action).to.match(/^[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*$/);
  });
});
