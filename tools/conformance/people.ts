import { check, expectError, listed, sameSet, skip } from './check.ts';
import type { Reply, SendOptions } from './exchange.ts';
import type { Made, Tester } from './requirement.ts';
import { ENTERPRISE } from './server.ts';
import { at, type JsonObject, textAt } from './values.ts';

export type Person = 'anna' | 'bert' | 'carla' | 'dora';

/** Four users that the queries are tried on. `tag` begins each userName and displayName. */
export interface People {
  readonly tag: string;
  readonly of: Readonly<Record<Person, Made>>;
  /** Restricts a filter to these four. */
  readonly among: string;
}

/** The four, made once in a run. */
export function people(t: Tester): Promise<People> {
  return t.shared('people', async () => {
    const tag = t.unique();
    const of: Partial<Record<Person, Made>> = {};
    for (const [name, attributes] of Object.entries(attributesOf(tag)) as [Person, JsonObject][]) {
      of[name] = await t.user({
        userName: `${tag}-${name}@example.com`,
        externalId: `${tag}-Ext-${name}`,
        ...attributes,
      });
    }
    return { tag, of: of as Record<Person, Made>, among: `userName sw "${tag}-"` };
  });
}

function attributesOf(tag: string): Readonly<Record<Person, JsonObject>> {
  return {
    anna: {
      displayName: `${tag}-1`,
      nickName: 'Alpha',
      title: 'Engineer',
      active: true,
      name: { givenName: 'Anna', familyName: "O'Malley" },
      emails: [
        { value: `${tag}-z@example.net`, type: 'home' },
        { value: `${tag}-b@example.org`, type: 'work', primary: true },
      ],
      [ENTERPRISE]: { employeeNumber: `${tag}-100`, department: 'Tours' },
    },
    bert: {
      displayName: `${tag}-2`,
      nickName: 'beta',
      title: 'Manager',
      active: false,
      name: { givenName: 'Bert', familyName: 'Bauer' },
      emails: [
        { value: `${tag}-c@example.org`, type: 'home' },
        { value: `${tag}-a@example.net`, type: 'work' },
      ],
    },
    carla: { displayName: `${tag}-3`, nickName: 'Gamma "quoted" \\ back', active: true },
    dora: {
      displayName: `${tag}-4 (a) or [b] and not "c"`,
      nickName: 'delta',
      title: 'Ünïcödé 漢字 😀',
      active: true,
      emails: [{ value: `${tag}-aa@example.com`, type: 'work', primary: true }],
    },
  };
}

/** The names of those of the four that an answer lists, in its order. */
export function namesIn({ tag }: People, resources: readonly unknown[]): readonly string[] {
  return resources.map((resource) => {
    const userName = textAt(resource, 'userName') ?? '';
    return userName.startsWith(`${tag}-`) ? userName.slice(tag.length + 1).replace(/@.*$/, '') : userName;
  });
}

/** Asks for users by a filter; more parameters may go along. */
export function search(t: Tester, filter: string, query: SendOptions['query'] = {}): Promise<Reply> {
  return t.get(t.server.users, { filter, ...query });
}

/** Fails unless exactly these are found. */
export async function finds(t: Tester, filter: string, expected: readonly Person[]): Promise<void> {
  const all = await people(t);
  const reply = await search(t, filter);
  sameSet(namesIn(all, listed(reply)), expected, `found by ${filter}`, reply);
}

/**
 * The same for what a server may refuse: "the specified attribute and filter comparison combination is not supported"
 * is an invalidFilter (RFC 7644 section 3.12, table 9).
 */
export async function findsIfSupported(
  t: Tester,
  filter: string,
  expected: readonly Person[],
): Promise<void> {
  const reply = await search(t, filter);
  if (reply.status === 400 && at(reply.body, 'scimType') === 'invalidFilter') {
    skip('the server answers invalidFilter, so it does not support this comparison (RFC 7644 table 9)');
  }
  await finds(t, filter, expected);
}

/** Fails unless the filter is refused as one. */
export async function refused(t: Tester, filter: string): Promise<void> {
  const reply = await search(t, filter);
  check(reply.status !== 200, `the filter ${filter} was taken`, reply);
  expectError(reply, 400, 'invalidFilter');
}
