import { expect } from 'chai';
import { startApp, type TestApp } from '../../support/app.ts';
import { newWorkspace } from './client.ts';

describe('a change whose answer cannot be read', () => {
  let app: TestApp;

  before(async () => {
    app = await startApp({ jobs: null });
    // As the change is committed, what members are shown by goes away.
    await app.core.db.raw(`
      create function hide_names() returns trigger language plpgsql as $$
      begin
        if exists (select from information_schema.columns where table_name = 'users' and column_name = 'full_name') then
          alter table users rename column full_name to hidden_name;
        end if;
        return null;
      end $$;
      create constraint trigger hide_names after insert or update on groups deferrable initially deferred
        for each row execute function hide_names()`);
  });
  after(() => app.stop());

  it('is answered as done, without the members', async () => {
    const { scim } = await newWorkspace(app);
    const user = await scim('POST', '/Users', { body: { userName: 'ada' } });
    const members = [{ value: (user.body as { id: string }).id }];
    const made = await scim('POST', '/Groups', { body: { displayName: 'A', members } });
    expect(made.status).to.equal(201);
    const group = made.body as { id: string; displayName: string; members?: unknown };
    expect(group.displayName).to.equal('A');
    expect(group.members).to.equal(undefined);
    const path = `/Groups/${group.id}`;
    const put = await scim('PUT', path, { body: { displayName: 'B', members } });
    expect([put.status, (put.body as { displayName: string }).displayName]).to.deep.equal([200, 'B']);
    expect((await scim('GET', path)).status).to.equal(500);

    await app.core.db.raw('drop trigger hide_names on groups');
    await app.core.db.raw('alter table users rename column hidden_name to full_name');
    const read = await scim('GET', path);
    expect((read.body as { members: unknown[] }).members).to.have.length(1);
  });
});
