/**
 * The rooms of the house and what each may open (docs/adr/0001). Arrows point one way:
 * main → app → {scim, api, invite} → http → core → store, and beside them jobs → mail. What is not named is closed.
 */
const rooms = {
  store: ['store'],
  core: ['core', 'store'],
  http: ['http', 'core'],
  scim: ['scim', 'http', 'core'],
  api: ['api', 'http', 'core'],
  invite: ['invite', 'http', 'core'],
  mail: ['mail', 'core'],
  jobs: ['jobs', 'mail', 'core', 'store'],
  postgres: ['postgres'],
};

/** May be opened from any room: they import nothing of ours but each other. */
const everywhere = [
  'errors',
  'gate',
  'ids',
  'log',
  'metrics',
  'config',
  'html',
  'page-policy',
  'quoted',
  'secrets',
  'wording',
];

const open = (names) => `^src/(?:(?:${names.join('|')})/|(?:${everywhere.join('|')})\\.ts$)`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...Object.entries(rooms).map(([room, names]) => ({
      name: `room-${room}`,
      comment: `src/${room} may only open ${names.join(', ')}.`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: {
        path: '^(?:src|migrations|test)/',
        pathNot: [open(names), ...(room === 'store' ? ['^migrations/'] : [])],
      },
    })),
    {
      name: 'everywhere-opens-nothing',
      severity: 'error',
      from: { path: `^src/(?:${everywhere.join('|')})\\.ts$` },
      to: { path: '^src/', pathNot: `^src/(?:${everywhere.join('|')})\\.ts$` },
    },
    {
      name: 'sql-in-store',
      comment: 'Only the store speaks SQL; the embedded server asks whether it is ready.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(?:store/|bench/|postgres/ready\\.ts$)' },
      to: { path: 'node_modules/(?:knex|pg|pg-boss|pg-query-stream|sql-template-tag)/' },
    },
    {
      name: 'core-knows-no-edge',
      comment: 'The core and the store know no HTTP and no SCIM.',
      severity: 'error',
      from: { path: '^src/(?:core|store)/' },
      to: { path: 'node_modules/(?:express|scimmy|scimmy-routers|passport|helmet|zod|nodemailer)/' },
    },
    { name: 'no-cycles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
    {
      name: 'test-is-not-imported',
      severity: 'error',
      from: { path: '^(?:src|migrations)/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
