/** A resource of the API: what stands first in a path. */
export interface Resource {
  readonly title: string;
  readonly description: string;
  /** The key and name of one in examples. */
  readonly key?: string;
  readonly name?: string;
}

const RESOURCES: Readonly<Record<string, Resource>> = {
  workspace: {
    title: 'Workspace',
    description: 'The tenant that the token belongs to: its name, sign-in URL and switches.',
    name: 'Acme',
  },
  products: {
    title: 'Products',
    description:
      'What is licensed. A license is a kind of seat; `seats` limits how many users may hold one, and `overflow` ' +
      'says what a grant past the last one gets.',
    key: 'testsigma',
    name: 'Testsigma',
  },
  organizations: {
    title: 'Organizations',
    description: 'Parts of the workspace. A user is affiliated with at most one; a project belongs to one.',
    key: 'sales',
    name: 'Sales',
  },
  projects: {
    title: 'Projects',
    description: 'What project roles are held in.',
    key: 'mobile',
  },
  roles: {
    title: 'Project roles',
    description: 'What may be held in a project; of several in one project the highest rank counts.',
    key: 'tester',
    name: 'Tester',
  },
  users: {
    title: 'Users',
    description: 'The directory: everybody there is, was, or was invited, whoever manages the record.',
  },
  invitations: {
    title: 'Invitations',
    description:
      'People who are in no identity provider, asked by mail to join. A link can be used once, until it expires, ' +
      'is sent again or is revoked.',
  },
  groups: {
    title: 'Groups',
    description: 'The groups that identity providers push, and what each gives its members.',
  },
  'mapping-rules': {
    title: 'Mapping rules',
    description:
      'Rules that read the names of groups. The first whose `match` is the whole name gives its grants; a ' +
      'placeholder stands for a key that exists.',
  },
  mapping: {
    title: 'Mapping',
    description: 'What a change of the mapping would give and take, before it is saved.',
  },
  access: {
    title: 'Access',
    description: 'Effective access: what an active user may use now, and through what.',
  },
  'last-access': {
    title: 'Last access',
    description: 'When users were last seen, told by the products.',
  },
  machines: {
    title: 'Machines',
    description: 'Machines that users have registered; they go with the user.',
  },
  conflicts: {
    title: 'Conflicts',
    description: 'What was pushed, granted or mapped but gives nothing, with the reason and the remedy.',
  },
  exports: {
    title: 'Exports',
    description:
      'Files for access reviews, written as they are read: CSV (RFC 4180, UTF-8, with a header row), or one JSON ' +
      "object a line. A cell that a spreadsheet would take for a formula begins with `'`.",
  },
  reviews: {
    title: 'Access reviews',
    description:
      'Who has what, written down at one moment and decided row by row: kept or taken away. Closing applies it, and ' +
      'the report tells who decided what, when, and what came of it.',
    name: 'Third quarter',
  },
  tokens: {
    title: 'Tokens',
    description:
      'What opens this API. Several may live at once, so that one can follow another without a gap.',
    name: 'Okta',
  },
  audit: {
    title: 'Audit',
    description:
      'Every change, by whom, with what it was before and after. Events are never altered; an erasure takes out who somebody was.',
  },
  'scim-requests': {
    title: 'Provisioning log',
    description: 'What identity providers sent and were answered, kept for 30 days; secrets are left out.',
  },
  workspaces: {
    title: 'Workspaces',
    description: 'All tenants, for operators.',
    key: 'acme',
    name: 'Acme',
  },
};

/** The parts of a path: `/groups/{id}/grants` has `groups`, `{id}` and `grants`. */
export function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** The resource of a path, also of one that nobody has written anything about. */
export function resourceOf(path: string): Resource {
  const [name = ''] = segmentsOf(path);
  return RESOURCES[name] ?? { title: name, description: '' };
}

/** The resources of some paths, each once, in their order. */
export function resourcesOf(paths: readonly string[]): Resource[] {
  return [...new Map(paths.map((path) => [segmentsOf(path)[0], resourceOf(path)])).values()];
}
