import { isMembers, isRaw, type Node } from './json-text.ts';
import { NAMES, oddNode, TEXTS } from './odd.ts';
import type { Random } from './random.ts';
import type { Draft } from './request.ts';
import { wellFormed } from './scim-requests.ts';

type Mutation = (draft: Draft, random: Random) => Draft;

/** Changes a request in none to three ways, of which each leaves it something that can be sent as HTTP. */
export function mutate(draft: Draft, random: Random): Draft {
  let mutated = draft;
  for (let left = random.number(4); left > 0; left -= 1) mutated = random.pick(MUTATIONS)(mutated, random);
  return mutated;
}

const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'QUERY',
  'SEARCH',
];

const changeMethod: Mutation = (draft, random) => ({ ...draft, method: random.pick(METHODS) });

const changePath: Mutation = (draft, random) => {
  const segments = draft.path.split('/');
  const at = 1 + random.number(segments.length);
  const odd = random.pick([
    encodeURIComponent(wellFormed(random.pick(TEXTS))),
    '%',
    '%ff',
    '%2e%2e',
    '%2F',
    '..',
    '.',
    '',
    '.search',
    '00000000-0000-0000-0000-000000000000',
    'a'.repeat(3000),
    ';x=1',
    '[]',
  ]);
  return {
    ...draft,
    path: random.once(2)
      ? segments.with(Math.min(at, segments.length - 1), odd).join('/')
      : segments.toSpliced(at, 0, odd).join('/'),
  };
};

const PARAMETERS = [
  'filter',
  'sortBy',
  'sortOrder',
  'startIndex',
  'count',
  'cursor',
  'attributes',
  'excludedAttributes',
  'limit',
  'search',
  '__proto__',
  'constructor',
  'filter[x]',
  'attributes[]',
  'a[b][c]',
  '',
];

const QUERY_PIECES = [
  '%20',
  '%22',
  '%28',
  '%29',
  '%5B',
  '%5D',
  '%2C',
  '.',
  ':',
  '%00',
  '%C3',
  '%F0%9F%98%80',
  'and',
  '"',
  '&',
  '=',
];
const TEXT_PIECES = ['\0', '\uD83D', '"', '\\', '[', ']', '(', ' ', '.', ':', '%', "'", '\u0130', '\n', '😀'];

/** A text with a piece put in, or a few characters left out, somewhere. */
function edited(text: string, pieces: readonly string[], random: Random): string {
  const at = random.number(text.length + 1);
  return text.slice(0, at) + (random.once(3) ? '' : random.pick(pieces)) + text.slice(at + random.number(3));
}

const changeQuery: Mutation = (draft, random) => {
  const value = random.pick([
    encodeURIComponent(wellFormed(random.pick(TEXTS))),
    '%',
    '%ff%fe',
    '%00',
    '%u0041',
    '+',
    '&&',
    '=',
    '['.repeat(300),
    'x'.repeat(9000),
    '%28'.repeat(1000),
  ]);
  const added = `${random.pick(PARAMETERS)}=${value}`;
  if (draft.query !== '' && random.once(3))
    return { ...draft, query: edited(draft.query, QUERY_PIECES, random) };
  return { ...draft, query: draft.query === '' || random.once(4) ? added : `${draft.query}&${added}` };
};

const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  [
    'Content-Type',
    [
      'text/plain',
      'application/json; charset=utf-16',
      'application/json;charset=',
      'application/scim+json;;',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
      '*/*',
      'x'.repeat(2000),
      '',
    ],
  ],
  ['Content-Encoding', ['gzip', 'br', 'deflate', 'identity', 'x', 'gzip, gzip']],
  ['Accept', ['', 'text/html', 'application/xml;q=0.1', '*/*;q=x', ',,,,', 'a'.repeat(4000)]],
  [
    'If-Match',
    ['*', 'W/"1"', '"1"', 'W/"99999999999999999999"', 'x', '"', 'W/', ',', '"1", W/"2"'.repeat(200)],
  ],
  ['If-None-Match', ['*', 'W/"1"', '"', ',,,', '"1", '.repeat(500)]],
  [
    'Authorization',
    [
      '',
      'Bearer',
      'Bearer ',
      'Bearer x y',
      'Basic eDp4',
      'Bearer ' + 'a'.repeat(5000),
      'bearer \u00e9',
      'Bearer \u0001',
    ],
  ],
  ['X-Workspace', ['default', 'x', "'", '__proto__']],
  ['X-Request-Id', ['x', 'a'.repeat(3000), '\u00ff', "'; --"]],
  ['X-HTTP-Method-Override', ['DELETE', 'x']],
  ['X-Forwarded-For', ['1.2.3.4', 'x', ',']],
  ['Range', ['bytes=0-1', 'x']],
  ['Expect', ['100-continue', 'x']],
  ['Upgrade', ['websocket', 'h2c']],
  ['Cookie', ['a=b', '__proto__=x; a']],
  ['User-Agent', ['', 'x'.repeat(3000)]],
];

const changeHeader: Mutation = (draft, random) => {
  const [name, values] = random.pick(HEADERS);
  return { ...draft, headers: [...draft.headers, [name, random.pick(values)]] };
};

const changeBody: Mutation = (draft, random) => {
  if (draft.body === undefined) return random.once(3) ? { ...draft, body: oddNode(random) } : draft;
  return { ...draft, body: random.once(12) ? oddNode(random) : changeNode(draft.body, random) };
};

/** Changes one place of a value. */
function changeNode(node: Node, random: Random): Node {
  if (typeof node === 'string' && random.once(3)) return edited(node, TEXT_PIECES, random);
  if (typeof node !== 'object' || node === null || isRaw(node)) return oddNode(random);
  if (random.once(8)) return random.once(2) ? [node] : { members: [[random.pick(NAMES), node]] };
  if (isMembers(node)) return changeMembers(node.members, random);
  const list = node;
  if (list.length === 0 || random.once(6)) return [...list, oddNode(random)];
  const at = random.number(list.length);
  if (random.once(8)) return list.toSpliced(at, 1);
  if (random.once(10)) return Array.from({ length: random.pick([2, 300, 1200]) }, () => list[at] ?? null);
  return list.with(at, changeNode(list[at] ?? null, random));
}

function changeMembers(members: readonly (readonly [string, Node])[], random: Random): Node {
  const added = [random.pick(NAMES), oddNode(random)] as const;
  const at = random.number(members.length);
  const chosen = members[at];
  if (chosen === undefined || random.once(6)) return { members: [...members, added] };
  const [name, value] = chosen;
  if (random.once(8)) return { members: members.toSpliced(at, 1) };
  if (random.once(10)) return { members: [...members, [name, changeNode(value, random)]] };
  if (random.once(8)) return { members: members.with(at, [renamed(name, random), value]) };
  return { members: members.with(at, [name, changeNode(value, random)]) };
}

function renamed(name: string, random: Random): string {
  return random.pick([
    name.toUpperCase(),
    random.pick(NAMES),
    `${name} `,
    `${name}\0`,
    `${name}.value`,
    `urn:x:${name}`,
  ]);
}

const MUTATIONS: readonly Mutation[] = [
  changeMethod,
  changePath,
  changeQuery,
  changeQuery,
  changeHeader,
  changeHeader,
  changeBody,
  changeBody,
  changeBody,
  changeBody,
  changeBody,
];
