import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { describeSchema } from '../../tools/schema/describe.ts';
import { createDatabase } from '../support/database.ts';

describe('docs/schema.sql', () => {
  it('is what the migrations make; `npm run schema` writes it anew', async () => {
    const database = await createDatabase();
    const client = new pg.Client(database.url);
    await client.connect();
    try {
      const ask = async <Row>(query: string) =>
        (await client.query<Row & pg.QueryResultRow>(query)).rows as Row[];
      const written = await readFile(new URL('../../docs/schema.sql', import.meta.url), 'utf8');
      expect((await describeSchema(ask)).split('\n')).to.deep.equal(written.split('\n'));
    } finally {
      await client.end();
      await database.drop();
    }
  });
});
