import { expectStatus } from './check.ts';
import type { Reply } from './exchange.ts';
import type { Made, Operation, Requirement, Tester } from './requirement.ts';
import { at, items, type JsonObject, textAt } from './values.ts';

/** Patches a resource, which has to succeed, and gives it as it is afterwards. */
export async function patched(t: Tester, made: Made, ...operations: readonly Operation[]): Promise<unknown> {
  expectStatus(await t.patch(made.path, operations), 200, 204);
  return t.read(made);
}

/** Sends a PATCH that has to be refused, and fails when it changed something all the same. */
export async function refusedPatch(
  t: Tester,
  made: Made,
  operations: readonly Operation[],
  expected: (reply: Reply) => void,
  unchanged: (before: unknown, now: unknown) => void,
): Promise<void> {
  const before = await t.read(made);
  expected(await t.patch(made.path, operations));
  unchanged(before, await t.read(made));
}

/** The element of a multi-valued attribute with this value. */
export function elementWith(attribute: unknown, value: string): unknown {
  return items(attribute).find((element) => at(element, 'value') === value);
}

export interface Emails {
  readonly work: string;
  readonly home: string;
  readonly user: Made;
}

/** A user with an email of type work and one of type home. */
export async function withEmails(t: Tester, attributes: JsonObject = {}): Promise<Emails> {
  const [work, home] = [`${t.unique()}@example.com`, `${t.unique()}@example.org`];
  const user = await t.user({
    emails: [
      { value: work, type: 'work' },
      { value: home, type: 'home' },
    ],
    ...attributes,
  });
  return { work, home, user };
}

/** What tells whether a resource was changed: its time and, where there is one, its version. */
export function stamp(resource: unknown): readonly (string | undefined)[] {
  return [textAt(resource, 'meta', 'lastModified'), textAt(resource, 'meta', 'version')];
}

/** Adds the need for PATCH to requirements. */
export function needingPatch(requirements: readonly Requirement[]): readonly Requirement[] {
  return requirements.map((one) => ({ ...one, needs: ['patch', ...(one.needs ?? [])] }));
}

/** So that a server that counts in seconds would show a change. */
export function aSecond(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1100));
}
