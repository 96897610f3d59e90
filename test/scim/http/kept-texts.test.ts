import { expect } from 'chai';
import fc from 'fast-check';
import { LONGEST_TEXT, nameKey, textsIn } from '../../../src/core/audit/identifier-index.ts';
import type { WorkspaceId } from '../../../src/lib/ids.ts';
import { keptBody } from '../../../src/scim/log-entry/body.ts';
import { keptDetail } from '../../../src/scim/log-entry/detail.ts';
import { keptUrlPath } from '../../../src/scim/log-entry/path.ts';
import { keptQuery } from '../../../src/scim/log-entry/query.ts';
import { erasingIn } from '../../api/erasing.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { standingIn } from '../../support/everything.ts';

describe('a text that the provisioning log keeps', () => {
  const quoted = (filter: string) => {
    const query = keptQuery(`filter=${encodeURIComponent(filter)}`);
    return JSON.parse(/ eq (".*")$/s.exec(query)![1]!) as string;
  };
  const inFilter = (text: string) => quoted(`nickName eq ${JSON.stringify(text)}`);
  const inPath = (text: string) => {
    const path = `emails[value eq ${JSON.stringify(text)}]`;
    const { path: kept } = JSON.parse(keptBody({ path })) as { path: string };
    return JSON.parse(/ eq (".*")\]$/s.exec(kept)![1]!) as string;
  };
  const inBody = (text: string) =>
    (JSON.parse(keptBody({ nickName: text })) as Record<string, unknown>)['nickName'];
  const inDetail = (text: string) =>
    JSON.parse(/(".*")/s.exec(keptDetail(`There is no user ${JSON.stringify(text)} here.`))![1]!) as string;
  const ways = { inFilter, inPath, inBody, inDetail };

  it('is whole or not there, so that it is found by its key', () => {
    const word = fc.constantFrom(
      'Ada',
      'x',
      '{"a": 1}',
      '[1, 2]',
      'https://e.io/ada.png',
      '?access_token=abcdefgh',
    );
    const secret = fc.constantFrom(
      'token: ',
      'password=',
      'Bearer ',
      'rc_scim_',
      'abcdefghij',
      '"',
      'a '.repeat(200),
    );
    const text = fc.array(fc.oneof(word, secret, fc.string({ maxLength: 12 })), { maxLength: 6 });
    fc.assert(
      fc.property(
        text.map((parts) => parts.join('')),
        (one) => {
          for (const [name, way] of Object.entries(ways)) {
            const kept = way(one);
            expect(
              kept === one || kept === '***' || /^…/.test(String(kept)),
              `${name}: ${String(kept)}`,
            ).to.equal(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is no longer than what is looked for', () => {
    for (const [name, way] of Object.entries(ways)) {
      expect(way('a b '.repeat(LONGEST_TEXT / 4)), name).to.have.lengthOf(LONGEST_TEXT);
      expect(way('a b '.repeat(LONGEST_TEXT / 4).concat('.')), name).to.match(/^…/);
    }
  });

  it('is not known for beginning like a name of SCIM’s', () => {
    const keysOf = (kept: Parameters<typeof textsIn>[0]) =>
      textsIn(kept).map((text) => nameKey('w' as WorkspaceId, text));
    const key = nameKey('w' as WorkspaceId, 'zork.hopper');
    const kept = {
      path: keptUrlPath('/scim/v2/Users/bulkId:zork.hopper'),
      query: keptQuery('filter=schemas eq "urn:ietf:params:scim:zork.hopper"'),
      body: keptBody({ members: [{ value: 'bulkId:zork.hopper' }] }),
      detail: null,
    };
    const nothing = { path: '', query: null, body: null, detail: null };
    for (const name of ['path', 'query', 'body'] as const)
      expect(keysOf({ ...nothing, [name]: kept[name] }), name).to.include(key);
    for (const path of [
      '/scim/v2/Users/urn:ietf:params:scim:zork.hopper',
      '/scim/v2/Schemas/urn:ietf:params:scim:x',
    ])
      expect(keptUrlPath(path)).to.match(/\/…$/);
    const schema = '/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User';
    expect(keptUrlPath(schema)).to.equal(schema);
    expect(keptQuery('filter=urn:ietf:params:scim:zork.hopper eq "x"')).not.to.contain('zork');
  });
});

describe('texts that are long, hold secrets or stand behind a prefix', function () {
  this.timeout(30_000);
  let app: TestApp;
  let admin: ReturnType<typeof erasingIn>;

  before(async () => {
    app = await startApp({ jobs: { sealEveryMs: 20 } });
    admin = erasingIn(app);
  });
  after(() => app.stop());

  it('leave the provisioning log with their person', async () => {
    const long = 'Wurmquibble '.repeat(50);
    const spaced = `Plover${' '.repeat(600)}Moor`;
    const photo = 'https://img.example/ada-zorkwich.png?access_token=abcdefgh';
    const json = '{"of": "Frobozz"}';
    const id = await admin.user('zork.hopper', {
      ...{ nickName: long, title: json, userType: spaced, photos: [{ value: photo }] },
      profileUrl: 'https://e/zyxquibble?token=abcdefgh',
    });
    for (const filter of [
      `nickName eq ${JSON.stringify(long)}`,
      `photos.value eq ${JSON.stringify(photo)}`,
      `title eq ${JSON.stringify(json)}`,
      `userType eq "Plover Moor"`,
      'schemas eq "urn:ietf:params:scim:zork.hopper"',
    ])
      await admin.scim('GET', `/Users?filter=${encodeURIComponent(filter)}`);
    await admin.scim('POST', '/Users', { nickName: long, title: json, photos: [{ value: photo }] });
    await admin.scim('GET', '/Users/bulkId:zork.hopper');
    await admin.scim('GET', '/Users/urn:ietf:params:scim:zork.hopper');
    await admin.scim('POST', '/Groups', { displayName: 'G', members: [{ value: 'bulkId:zork.hopper' }] });
    await admin.scim('PATCH', `/Users/${id}`, {
      Operations: [{ op: 'replace', path: 'active', value: false }],
    });
    await admin.erase(id);
    await app.provisioningLog.flush();
    expect(
      await standingIn(app.core.db, [
        ...['Wurmquibble', 'zorkwich', 'Frobozz', 'Plover', 'zork.hopper', 'zyxquibble'],
      ]),
    ).to.deep.equal([]);
  });
});
