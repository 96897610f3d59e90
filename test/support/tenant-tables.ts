/** Tables of which each row is a workspace's; test/store/catalogue.test.ts compares them with the database. */
export const TENANT_TABLES: readonly string[] =
  `audit_events audit_seals audit_unsealed direct_grants erased_texts group_grants groups groups_history invitations invitations_history licenses licenses_history machines machines_history mapping_rules memberships organizations organizations_history products products_history projects projects_history provisioning_requests review_decisions review_rows reviews roles roles_history tokens user_access_days user_last_access users users_history`.split(
    /\s+/,
  );

/** Statements that are of all workspaces, each by what it is for; texts in them are left out. */
const ACROSS_WORKSPACES: Readonly<Record<string, RegExp>> = {
  'a token is looked up by its secret': /from tokens t join workspaces w on .* where t\.hash = \$1/,
  'a link names an invitation': /from invitations i where i\.id = \$1$/,
  'jobs ask where invitations have expired': /^select distinct workspace_id from invitations where/,
  'jobs ask which reviews are being closed':
    /^select workspace_id, id from reviews where status = '' order by/,
  'jobs ask where events wait to be sealed':
    /^select w\.id from workspaces w where exists \(select from audit_unsealed/,
  'jobs drop old entries of the provisioning log':
    /^delete from provisioning_requests where \(workspace_id, id\) in/,
  'jobs drop keys of erased texts': /^delete from erased_texts where erased_at </,
};

const PARAMETER = String.raw`(?:\$\d+(?:::uuid)?|\(select \$\d+::uuid\))`;
const NO_ALIAS = [
  ...[
    'as',
    'where',
    'set',
    'on',
    'using',
    'join',
    'left',
    'right',
    'full',
    'inner',
    'cross',
    'natural',
    'order',
  ],
  ...[
    'group',
    'having',
    'limit',
    'offset',
    'for',
    'union',
    'except',
    'intersect',
    'returning',
    'values',
    'select',
  ],
  ...['default', 'with', 'window'],
].join('|');

/**
 * The tables of a statement that are not compared with a workspace that is given as a parameter, each by its alias or,
 * without one, its name: as many comparisons as the table is named. A row inserted names it in its first column.
 */
export function missingWorkspace(statement: string): string[] {
  const text = oneTableForVersions(
    oneLine(statement)
      .toLowerCase()
      .replaceAll(/'[^']*'/g, "''"),
  );
  if (Object.values(ACROSS_WORKSPACES).some((across) => across.test(text))) return [];
  const compared = countBy(
    matches(text, String.raw`(?:\b(\w+)\.)?\bworkspace_id\s*=\s*${PARAMETER}`),
    ([name]) => name ?? '',
  );
  const take = (name: string): boolean => {
    const left = compared.get(name) ?? 0;
    compared.set(name, left - 1);
    return left > 0;
  };
  const tables = TENANT_TABLES.join('|');
  const named = matches(
    text,
    String.raw`\b(from|join|update|using)\s+(?:only\s+)?(${tables})\b(?:\s+(?:as\s+)?(?!(?:${NO_ALIAS})\b)(\w+))?`,
  ).map(([, table = '', alias]) => ({ table, alias }));
  const inserted = matches(text, String.raw`\binto\s+(${tables})\b(?:\s+as\s+\w+)?\s*(\(\s*workspace_id\b)?`);
  return [
    // By its own name first: what stands alone may be of any table.
    ...named
      .filter(({ table, alias }) => !take(alias ?? table))
      .filter(() => !take(''))
      .map(({ table, alias }) => alias ?? table),
    ...inserted.flatMap(([table = '', column]) => (column === undefined ? [table] : [])),
  ];
}

/** A statement without the line breaks and indents of its source. */
export function oneLine(statement: string): string {
  return statement.replaceAll(/\s+/g, ' ').trim();
}

function matches(text: string, pattern: string): (string | undefined)[][] {
  return [...text.matchAll(new RegExp(pattern, 'g'))].map((match) => match.slice(1));
}

function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

const HISTORY = /from (\w+)_history(?: where updated_at <= \$\d+ and valid_to > \$\d+)?\)/;

/** The rows of a table and of its history, united in parentheses, have one name outside: they count as the table. */
function oneTableForVersions(text: string): string {
  const found = HISTORY.exec(text);
  if (!found) return text;
  const close = found.index + found[0].length - 1;
  let open = close;
  for (let depth = 0; open >= 0; open -= 1) {
    if (text[open] === ')') depth += 1;
    if (text[open] === '(') depth -= 1;
    if (depth === 0) break;
  }
  const united = text.slice(open + 1, close).includes('union all')
    ? found[1]
    : `(${text.slice(open + 1, close)} )`;
  return oneTableForVersions(`${text.slice(0, open)}${united}${text.slice(close + 1)}`);
}
