import { expect } from 'chai';
import { erasingIn } from '../api/erasing.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { escapedText, spellingsOf, standingIn } from '../support/everything.ts';

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const ROLLCALL = 'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User';

/** A person each of whose attributes holds a text that stands nowhere else. */
const TEXTS = {
  userName: 'Zyxquibble.Snorkel',
  domain: 'plughmoor.example',
  externalId: 'ext-77-xyzzyplover',
  displayName: 'Wörthelmína Quackenbush',
  formatted: 'Dr Wörthelmína Zé Quackenbush-Zzyzx',
  givenName: 'Wörthelmína',
  familyName: "O'Quackenbush-Zzyzx",
  middleName: 'Zébulonia',
  honorificPrefix: 'Archgrandmistress',
  honorificSuffix: 'Esqfrobozz',
  nickName: 'Zork "Flathead" Grue',
  profileUrl: 'https://people.example/~grue-lantern',
  title: 'Chief Zymurgist (Ales)',
  userType: 'Contraktor-Xi',
  preferredLanguage: 'tlh-Zyzx',
  locale: 'xx-Plugh',
  timezone: 'Mars/Olympus-Zork',
  phone: '+99 555 0177 42',
  phoneNumber: '4915799887766',
  im: 'grue.im.handle',
  photo: 'https://img.example/zorkmid.png',
  street: 'Rue de la Zymurgie 9',
  locality: 'Quendor-sur-Mer',
  region: 'Froboz Province',
  postalCode: 'ZQ9-771X',
  country: 'Quendorland',
  certificate: 'WllYUVVJQkJMRS1DRVJULUJZVEVT',
  entitlement: 'entitled-to-zorkmids',
  role: 'role-of-dungeonmaster',
  organization: 'org-of-nobody-zork',
  employeeNumber: 'E-98127-zorkmid',
  costCenter: 'CC-zorkmid-17',
  division: 'Division of Grues',
  department: 'Dept of Lanterns',
  manager: 'manager-of-grues-id',
  startDate: '2017-03-19',
  old: 'formername.frotz',
  machine: 'Laptop-of-frotz',
  fingerprint: 'fingerprint-of-frotz',
  note: 'Mentioned frotzgrue note',
} as const;

const emailOf = (local: string) => `${local}@${TEXTS.domain}`;

function profile(): Record<string, unknown> {
  return {
    userName: emailOf(TEXTS.userName),
    externalId: TEXTS.externalId,
    displayName: TEXTS.displayName,
    name: {
      formatted: TEXTS.formatted,
      givenName: TEXTS.givenName,
      familyName: TEXTS.familyName,
      middleName: TEXTS.middleName,
      honorificPrefix: TEXTS.honorificPrefix,
      honorificSuffix: TEXTS.honorificSuffix,
    },
    nickName: TEXTS.nickName,
    profileUrl: TEXTS.profileUrl,
    title: TEXTS.title,
    userType: TEXTS.userType,
    preferredLanguage: TEXTS.preferredLanguage,
    locale: TEXTS.locale,
    timezone: TEXTS.timezone,
    emails: [
      { value: emailOf(TEXTS.userName), primary: true, type: 'work' },
      { value: emailOf(TEXTS.old), type: 'home' },
    ],
    phoneNumbers: [{ value: TEXTS.phone, type: 'work' }, { value: TEXTS.phoneNumber }],
    ims: [{ value: TEXTS.im, type: 'aim' }],
    photos: [{ value: TEXTS.photo, type: 'photo' }],
    addresses: [
      {
        streetAddress: TEXTS.street,
        locality: TEXTS.locality,
        region: TEXTS.region,
        postalCode: TEXTS.postalCode,
        country: TEXTS.country,
        type: 'work',
      },
    ],
    x509Certificates: [{ value: TEXTS.certificate }],
    entitlements: [{ value: TEXTS.entitlement }],
    roles: [{ value: TEXTS.role }],
    [ENTERPRISE]: {
      employeeNumber: TEXTS.employeeNumber,
      costCenter: TEXTS.costCenter,
      organization: TEXTS.organization,
      division: TEXTS.division,
      department: TEXTS.department,
      manager: { value: TEXTS.manager },
    },
    [ROLLCALL]: { startDate: TEXTS.startDate, organization: TEXTS.organization },
  };
}

/** Each attribute that a filter may name, with the person's text there. */
const ASKED: readonly (readonly [string, string])[] = [
  ['userName', emailOf(TEXTS.userName)],
  ['externalId', TEXTS.externalId],
  ['displayName', TEXTS.displayName],
  ['name.formatted', TEXTS.formatted],
  ['name.givenName', TEXTS.givenName],
  ['name.familyName', TEXTS.familyName],
  ['name.middleName', TEXTS.middleName],
  ['name.honorificPrefix', TEXTS.honorificPrefix],
  ['nickName', TEXTS.nickName],
  ['profileUrl', TEXTS.profileUrl],
  ['title', TEXTS.title],
  ['userType', TEXTS.userType],
  ['preferredLanguage', TEXTS.preferredLanguage],
  ['locale', TEXTS.locale],
  ['timezone', TEXTS.timezone],
  ['emails', emailOf(TEXTS.old)],
  ['emails.value', emailOf(TEXTS.userName)],
  ['phoneNumbers.value', TEXTS.phone],
  ['phoneNumbers.value', TEXTS.phoneNumber],
  ['ims.value', TEXTS.im],
  ['photos.value', TEXTS.photo],
  ['addresses.streetAddress', TEXTS.street],
  ['addresses.locality', TEXTS.locality],
  ['addresses.region', TEXTS.region],
  ['addresses.postalCode', TEXTS.postalCode],
  ['addresses.country', TEXTS.country],
  ['x509Certificates.value', TEXTS.certificate],
  ['entitlements.value', TEXTS.entitlement],
  ['roles.value', TEXTS.role],
  [`${ENTERPRISE}:employeeNumber`, TEXTS.employeeNumber],
  [`${ENTERPRISE}:costCenter`, TEXTS.costCenter],
  [`${ENTERPRISE}:division`, TEXTS.division],
  [`${ENTERPRISE}:department`, TEXTS.department],
  [`${ENTERPRISE}:manager.value`, TEXTS.manager],
  [`${ROLLCALL}:startDate`, TEXTS.startDate],
  [`${ROLLCALL}:organization`, TEXTS.organization],
];

describe('erasing a person leaves no text of theirs anywhere in the database', function () {
  this.timeout(120_000);
  let app: TestApp;
  let admin: ReturnType<typeof erasingIn>;
  let other: string;

  before(async () => {
    app = await startApp({ jobs: { sealEveryMs: 20 } });
    admin = erasingIn(app);
    await admin.admin('POST', '/projects', { key: 'mobile', name: 'Mobile' });
    other = await admin.user('somebody.else@x.io', { roles: [{ value: 'mobile:tester' }] });
  });
  after(() => app.stop());

  const get = (query: string, path = '/Users') => admin.scim('GET', `${path}?${query}`);

  /** Every way to ask for one attribute's text. */
  async function ask(attribute: string, text: string): Promise<void> {
    const quoted = JSON.stringify(text);
    const [start, end] = [text.slice(0, 6), text.slice(-6)];
    const filters = [
      `${attribute} eq ${quoted}`,
      `${attribute.toUpperCase()} EQ ${JSON.stringify(text.toUpperCase())}`,
      `${attribute} eq ${JSON.stringify(text.normalize('NFD'))}`,
      `${attribute} eq ${text}`,
      `${attribute} eq '${text}'`,
      `${attribute} ne ${quoted} and active eq true`,
      `not (${attribute} eq ${quoted} or id eq "${other}")`,
      `${attribute} sw ${JSON.stringify(start)}`,
      `${attribute} co ${JSON.stringify(text.slice(2, -1))}`,
      `${attribute} ew ${JSON.stringify(end)}`,
      `${attribute} gt ${quoted}`,
      `${attribute} eq ${quoted.slice(0, -1)}`,
      `${attribute} eq "${escapedText(text)}"`,
      `${attribute} is ${quoted}`,
      `${attribute}x eq ${quoted}`,
      `${quoted} eq ${attribute}`,
      `(${attribute} eq ${quoted}`,
    ];
    for (const filter of filters) await get(`filter=${encodeURIComponent(filter)}`);
    await get(`filter=${encodeURIComponent(filters[0]!).replaceAll('%20', '+')}`);
    await get(`filter=${encodeURIComponent(encodeURIComponent(filters[0]!))}`);
    await get(
      `FILTER=${encodeURIComponent(filters[0]!)}&user=${encodeURIComponent(text)}&${encodeURIComponent(text)}=1`,
    );
    await get(
      `sortBy=${encodeURIComponent(text)}&attributes=${encodeURIComponent(text)}&count=${encodeURIComponent(text)}`,
    );
    await admin.scim('POST', '/Users/.search', { filter: filters[0] });
    await admin.scim('POST', '/.search', { filter: filters[3], sortBy: text });
    await admin.scim('POST', '/Users/.search', { filter: filters[7], count: text });
    await admin.scim('GET', `/Users/${encodeURIComponent(text)}`);
    await admin.scim('GET', `/Users/${encodeURIComponent(encodeURIComponent(text))}`);
    await admin.scim('PUT', `/Groups/${encodeURIComponent(text)}`, { displayName: text });
    await admin.scim('GET', `/${encodeURIComponent(text)}/Users`);
    await admin.scim('GET', `/Schemas/${encodeURIComponent(text)}`);
  }

  /** What is refused, made or said of the person by bodies. */
  async function write(id: string, attribute: string, text: string): Promise<void> {
    await admin.scim('POST', '/Users', { [attribute]: text });
    await admin.scim('POST', '/Users', { [text]: 1, unknown: { deep: [text] } });
    await admin.scim('PATCH', `/Users/${other}`, {
      Operations: [{ op: 'remove', path: `emails[value eq ${JSON.stringify(text)}]` }],
    });
    await admin.scim('PATCH', `/Users/${other}`, {
      Operations: [{ op: 'remove', path: `emails[value sw ${text.slice(0, 7)}` }],
    });
    await admin.scim('PATCH', `/Users/${encodeURIComponent(text)}`, {
      Operations: [{ op: 'add', path: text, value: text }],
    });
    await admin.scim('POST', '/Bulk', {
      Operations: [
        { method: 'PATCH', path: `/Users/${encodeURIComponent(text)}`, data: { Operations: [] } },
        {
          method: 'PATCH',
          path: `/Users/${other}`,
          data: { Operations: [{ op: 'replace', path: 'nonsense', value: text }] },
        },
        { method: text, path: text, bulkId: text },
        {
          method: 'POST',
          path: '/Users',
          bulkId: 'a',
          data: { userName: emailOf(TEXTS.userName), title: text },
        },
      ],
    });
    await admin.scim('PATCH', `/Users/${id}`, {
      Operations: [{ op: 'replace', path: 'title', value: `More ${text}` }],
    });
  }

  it('whatever was asked, refused, made and told', async () => {
    const invited = await admin.admin<{ invited: { id: string; userId: string }[] }>('POST', '/invitations', {
      emails: `"${TEXTS.givenName} ${TEXTS.middleName}" <${emailOf(TEXTS.old)}>`,
      projects: [{ project: 'mobile', role: 'tester' }],
    });
    const { id: invitation, userId: id } = invited.invited[0]!;
    await admin.admin('POST', `/invitations/${invitation}/resend`);
    await admin.call('POST', '/invitations', {
      emails: [emailOf(TEXTS.old), `${TEXTS.nickName} <nobody@x>`],
    });
    const { link } = await admin.admin<{ link: string }>('GET', `/invitations/${invitation}/link`);
    await fetch(link, { method: 'POST', body: new URLSearchParams({ name: TEXTS.displayName }) });
    await admin.admin('POST', '/machines', { user: id, name: TEXTS.machine, fingerprint: TEXTS.fingerprint });
    await admin.admin('POST', '/last-access', { users: [{ user: emailOf(TEXTS.old), at: new Date() }] });
    await admin.scim('POST', '/Users', { ...profile(), userName: emailOf(TEXTS.old) });
    expect((await admin.scim('PUT', `/Users/${id}`, profile())).status).to.equal(200);

    const group = await admin.group('Grues', id, other);
    await admin.scim('PATCH', `/Groups/${group}`, {
      Operations: [
        {
          op: 'replace',
          path: 'members',
          value: [{ value: id, display: TEXTS.displayName }, { value: other }],
        },
      ],
    });
    await admin.scim('PUT', `/Groups/${group}`, {
      displayName: 'Grues',
      members: [
        {
          value: emailOf(TEXTS.userName),
          display: TEXTS.formatted,
          $ref: `x/Users/${emailOf(TEXTS.userName)}`,
        },
      ],
    });
    const review = await admin.admin<{ id: string }>('POST', '/reviews', {
      name: 'Autumn',
      scope: { kind: 'project', key: 'mobile' },
      dueAt: new Date(Date.now() + 86_400_000).toISOString(),
    });
    const { items } = await admin.admin<{ items: { row: number; user: { id: string } }[] }>(
      'GET',
      `/reviews/${review.id}/rows`,
    );
    const row = items.find(({ user }) => user.id === id)!.row;
    for (const decision of ['keep', 'revoke'])
      await admin.admin('PUT', `/reviews/${review.id}/rows/${row}`, {
        decision,
        note: TEXTS.note,
        reviewer: 'Ann',
      });

    for (const [attribute, text] of ASKED) {
      await ask(attribute, text);
      await write(id, attribute, text);
    }
    // Also what is asked of her by half of her names, or by several at once.
    for (const text of [
      TEXTS.userName,
      TEXTS.old,
      `${TEXTS.familyName}, ${TEXTS.givenName}`,
      `${TEXTS.givenName} ${TEXTS.familyName}`,
    ])
      await get(`filter=${encodeURIComponent(`displayName eq ${JSON.stringify(text)}`)}`);
    await app.request('POST', '/scim/v2/Users', {
      token: app.tokens.scim,
      body: `{"userName": "${emailOf(TEXTS.userName)}", "x`,
    });
    for (const query of [
      `?user=${encodeURIComponent(emailOf(TEXTS.userName))}`,
      `?search=${encodeURIComponent(TEXTS.nickName)}`,
    ])
      for (const path of ['/access', '/users', '/scim-requests', '/conflicts', '/machines', '/audit'])
        await admin.call('GET', `${path}${query}`);
    await admin.call('GET', '/exports/access.csv');
    await admin.call('GET', '/exports/users.jsonl');
    await admin.scim('PATCH', `/Users/${id}`, {
      Operations: [{ op: 'replace', path: 'active', value: false }],
    });
    // Some of it waits in memory still.
    const stands = await standingIn(app.core.db, spellingsOf(Object.values(TEXTS)));
    expect(stands).to.have.length.above(30);

    await admin.erase(id);
    await app.provisioningLog.flush();
    expect(await standingIn(app.core.db, spellingsOf(Object.values(TEXTS)))).to.deep.equal([]);
    const verified = await admin.admin('GET', '/audit/verify');
    expect(verified).to.include({ ok: true });
    // What was others' is there still.
    expect(await standingIn(app.core.db, ['somebody.else@x.io'])).not.to.deep.equal([]);
    const { items: logged } = await admin.admin<{ items: { body: string | null }[] }>(
      'GET',
      `/scim-requests?user=${other}&limit=500`,
    );
    expect(logged.at(-1)!.body).to.contain('mobile:tester');
  });
});
