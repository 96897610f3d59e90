import { readdirSync } from 'node:fs';

/**
 * What each folder may import (docs/adr/0001). Arrows point one way: main → server → the edges (scim, api, invite) →
 * http → core → store. A folder stands for itself, not for those below it, unless it ends with `/**`. Every folder may
 * import itself, src/lib and src/config.ts. One that has no line here is an error, and so is an import that its line
 * does not name.
 */
const store = {
  // The plumbing, which knows nothing of what it carries, and the builders of SQL upon it.
  'src/store/db': ['migrations'],
  'src/store/sql': ['src/store/db'],
};
/** One topic each, upon the plumbing and the builders. */
const storeTopics = {
  'src/store/access': ['src/store/users'],
  'src/store/audit': [],
  'src/store/catalog': [],
  'src/store/exports': ['src/store/access', 'src/store/audit', 'src/store/users'],
  'src/store/groups': ['src/store/scim'],
  'src/store/invitations': [],
  'src/store/reviews': ['src/store/access'],
  // The one place where the store writes SCIM: resources as JSON, attributes as SQL (docs/adr/0014).
  'src/store/scim': ['src/store/users', 'src/store/groups'],
  'src/store/users': ['src/store/access', 'src/store/audit'],
  'src/store/workspaces': [],
};

/** From the lowest: each may import those above its line here, and the store. */
const coreTopics = [
  'src/core/shared',
  'src/core/audit/events',
  'src/core/context',
  'src/core/audit/chain',
  'src/core/audit',
  // Closing invitations frees seats, which every change may need.
  'src/core/invitations/closing',
  'src/core/change',
  'src/core/access',
  'src/core/invitations',
  'src/core/users',
  'src/core/groups',
  'src/core/catalog',
  'src/core/exports',
  'src/core/reviews',
  'src/core/workspaces',
];

const http = ['src/http', 'src/core/**'];

const rest = {
  'src/lib': [],
  'src/embedded-postgres': [],
  'src/http': ['src/core/**'],

  'src/scim': ['src/scim/**', ...http],
  'src/scim/bulk': ['src/scim/**', ...http],
  'src/scim/discovery': ['src/scim/**', ...http],
  'src/scim/filter': ['src/scim/**', ...http],
  'src/scim/http': ['src/scim/**', ...http],
  'src/scim/input': ['src/scim/**', ...http],
  'src/scim/log-entry': ['src/scim/**', ...http],
  'src/scim/patch': ['src/scim/**', ...http],
  'src/scim/query': ['src/scim/**', ...http],
  'src/scim/resources': ['src/scim/**', ...http],
  'src/scim/schema': ['src/scim/**', ...http],

  'src/api': ['src/api/**', ...http],
  'src/api/openapi': ['src/api/**', ...http],
  'src/api/openapi/page': ['src/api/**', ...http],
  'src/api/review-page': ['src/api/**', ...http],
  'src/api/routes': ['src/api/**', ...http],

  'src/invite': http,
  'src/mail': ['src/core/**'],
  'src/jobs': ['src/mail', 'src/core/**', 'src/store/**'],
  'src/audit-verify': ['src/server', 'src/core/**', 'src/store/**', 'src/embedded-postgres'],
  'src/server': ['src/**'],
  src: ['src/**'],

  // The tester is handed to others: it knows nothing of this server.
  'tools/conformance': ['tools/conformance/**'],
  'tools/conformance/requirements': ['tools/conformance/**'],
  'tools/bench': ['tools/bench/**', 'src/**'],
  'tools/bench/servers': ['tools/bench/**', 'src/**'],
  'tools/fuzz': ['tools/conformance', 'src/**'],
  'tools/schema': ['src/**'],
  'tools/soak': ['tools/fuzz', 'src/**'],

  migrations: ['src/**'],
};

const folders = {
  ...store,
  ...Object.fromEntries(
    Object.entries(storeTopics).map(([folder, topics]) => [
      folder,
      ['src/store/db', 'src/store/sql', ...topics],
    ]),
  ),
  ...Object.fromEntries(
    coreTopics.map((folder, place) => [folder, [...coreTopics.slice(0, place), 'src/store/**']]),
  ),
  ...rest,
};

/** Folders that hold files, from here down. */
function foldersUnder(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  const below = entries
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => foldersUnder(`${folder}/${name}`));
  return entries.some((entry) => entry.isFile()) ? [folder, ...below] : below;
}
const unnamed = ['src', 'tools', 'migrations'].flatMap(foldersUnder).filter((folder) => !(folder in folders));
if (unnamed.length > 0) {
  throw new Error(
    `.dependency-cruiser.js does not say what ${unnamed.join(', ')} may import; give it a line there.`,
  );
}

function pattern(name) {
  return name.endsWith('/**') ? `^${name.slice(0, -2)}` : `^${name}/[^/]+$`;
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...Object.entries(folders).map(([folder, others]) => ({
      name: folder,
      comment: `${folder} may only import ${['src/lib', ...others].join(', ')}.`,
      severity: 'error',
      from: { path: `^${folder}/[^/]+$` },
      to: {
        path: '^(?:src|tools|migrations|test)/',
        pathNot: [folder, 'src/lib', ...others].map(pattern).concat('^src/config\\.ts$'),
      },
    })),
    {
      name: 'the-driver-in-its-folder',
      comment:
        'Only store/db speaks to the database; others hand it SQL. The embedded server asks whether it is ready.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(?:store/db/|embedded-postgres/ready\\.ts$)' },
      to: { path: 'node_modules/(?:knex|pg|pg-protocol|pg-boss)/' },
    },
    {
      name: 'sql-in-store',
      comment: 'Only the store writes SQL.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/store/' },
      to: { path: 'node_modules/sql-template-tag/' },
    },
    {
      name: 'core-knows-no-edge',
      comment: 'The core and the store know no HTTP and no SCIM.',
      severity: 'error',
      from: { path: '^src/(?:core|store)/' },
      to: { path: 'node_modules/(?:express|scimmy|scimmy-routers|passport|helmet|zod|nodemailer)/' },
    },
    { name: 'no-cycles', severity: 'error', from: { path: '^(?:src|tools)/' }, to: { circular: true } },
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
