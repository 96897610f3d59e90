import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from './http.ts';
import type { TenantClients } from './workspace.ts';

/** What the quiet workspace met. */
export interface Measured {
  readonly milliseconds: number[];
  /** How often each status was answered; 0 stands for no answer. */
  readonly statuses: Map<number, number>;
  /** What should not have been answered, as text, the first few. */
  readonly surprises: string[];
}

const MOST_SURPRISES = 20;
const BETWEEN_MS = 60;

/** Does what a small company does in a day, over and over, until it is told to stop, and measures each answer. */
export async function runQuiet(
  clients: TenantClients,
  isOver: () => boolean,
  label: string,
): Promise<Measured> {
  const measured: Measured = { milliseconds: [], statuses: new Map(), surprises: [] };
  const { scim, admin } = clients;

  const observe = (what: string, outcome: Outcome, expected: readonly number[]): Outcome => {
    measured.milliseconds.push(outcome.milliseconds);
    measured.statuses.set(outcome.status, (measured.statuses.get(outcome.status) ?? 0) + 1);
    const isExpected = expected.includes(outcome.status);
    if ((!isExpected || outcome.milliseconds > 1_000) && measured.surprises.length < MOST_SURPRISES) {
      measured.surprises.push(
        `${what}: ${outcome.status} ${outcome.error ?? ''} after ${Math.round(outcome.milliseconds)} ms ` +
          (isExpected ? '' : outcome.text.slice(0, 300)),
      );
    }
    return outcome;
  };

  let group: string | undefined;
  for (let round = 0; !isOver(); round += 1) {
    const userName = `${label}-${round}@quiet.example.com`;
    const filter = encodeURIComponent(`userName eq "${userName}"`);
    observe('filter', await scim({ method: 'GET', path: `/scim/v2/Users?filter=${filter}` }), [200]);
    const body = { userName, name: { givenName: 'Quiet', familyName: String(round) } };
    const created = observe('create', await scim({ method: 'POST', path: '/scim/v2/Users', body }), [201]);
    await sleep(BETWEEN_MS);
    if (group === undefined) {
      const made = await scim({
        method: 'POST',
        path: '/scim/v2/Groups',
        body: { displayName: `Quiet ${label}` },
      });
      group = idIn(observe('group', made, [201]));
    }
    const user = idIn(created);
    if (user === undefined || group === undefined) continue;
    const operations = (value: unknown) => ({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [value],
    });
    observe('get', await scim({ method: 'GET', path: `/scim/v2/Users/${user}` }), [200]);
    const member = operations({ op: 'add', path: 'members', value: [{ value: user }] });
    observe('member', await scim({ method: 'PATCH', path: `/scim/v2/Groups/${group}`, body: member }), [204]);
    await sleep(BETWEEN_MS);
    const inactive = operations({ op: 'replace', path: 'active', value: false });
    if (round % 3 === 0) {
      observe(
        'patch',
        await scim({ method: 'PATCH', path: `/scim/v2/Users/${user}`, body: inactive }),
        [200],
      );
    }
    observe('page', await scim({ method: 'GET', path: '/scim/v2/Users?count=100' }), [200]);
    observe('directory', await admin({ method: 'GET', path: '/api/v1/users?limit=50' }), [200]);
    observe('access', await admin({ method: 'GET', path: `/api/v1/access?user=${user}` }), [200]);
    await sleep(BETWEEN_MS);
    if (round % 50 === 0) {
      observe('export', await admin({ method: 'GET', path: '/api/v1/exports/access.csv' }), [200]);
    }
  }
  return measured;
}

function idIn({ text }: Outcome): string | undefined {
  return /"id":"([0-9a-f-]{36})"/.exec(text)?.[1];
}
