import { hash } from 'node:crypto';
import { erasedName } from '../../shared/erased-name.ts';
import { KEPT_FIELDS, THINGS } from '../events/catalog.ts';

/** A JSON value as it is read. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An event as it is sealed; the names are those of the exported file. */
export interface SealableEvent {
  readonly id: string;
  /** ISO 8601 in UTC with milliseconds. */
  readonly at: string;
  readonly actor_kind: string;
  readonly actor_id: string | null;
  readonly actor_name: string;
  readonly actor_scope: string | null;
  readonly request_id: string;
  readonly action: string;
  readonly target_kind: string;
  readonly target_id: string;
  readonly target_name: string | null;
  readonly related_id: string | null;
  readonly before: unknown;
  readonly after: unknown;
}

/** With what one part of an event is committed to: a salt; or, once it was erased, only the commitment. */
export type Salting =
  { readonly salt: string; readonly commitment: null } | { readonly salt: null; readonly commitment: string };

/** The two parts that may tell of a person: who did it, and whom it was done to. */
export interface Saltings {
  readonly actor: Salting;
  readonly subject: Salting;
}

const FORMAT = 'rollcall-audit-1';

/** What the first seal of a workspace follows. */
export function genesis(workspaceId: string): string {
  return sha256(`${FORMAT} ${workspaceId}`);
}

/** The hash of a seal: over the seal before it, its own place and time, and its event. */
export function sealHash(previous: string, seq: number, sealedAt: string, event: string): string {
  return sha256(JSON.stringify([FORMAT, previous, seq, sealedAt, event]));
}

/**
 * The hash of an event. What may tell of a person is in it as a salted commitment, so that it and the salt can be
 * destroyed and the hash still be computed.
 */
export function eventHash(event: SealableEvent, { actor, subject }: Saltings): string {
  const [before, after] = [split(event.before), split(event.after)];
  return sha256(
    JSON.stringify([
      FORMAT,
      event.id,
      event.at,
      event.actor_kind,
      event.actor_id,
      event.actor_scope,
      event.request_id,
      event.action,
      event.target_kind,
      event.target_id,
      event.related_id,
      before.kept,
      after.kept,
      actor.commitment ?? commit(actor.salt, event.actor_name),
      subject.commitment ??
        commit(subject.salt, `${JSON.stringify(event.target_name)},${before.personal},${after.personal}`),
    ]),
  );
}

/** Of whom an event was erased, and whether nothing but the pseudonym stands where it was told. */
export interface Erased {
  readonly persons: readonly string[];
  readonly isBare: boolean;
}

/** What was erased of an event: the parts of which only a commitment is left. Undefined when none was. */
export function erasedOf(event: SealableEvent, { actor, subject }: Saltings): Erased | undefined {
  if (actor.commitment === null && subject.commitment === null) return undefined;
  const persons: (string | null)[] = [];
  let isBare = true;
  if (actor.commitment !== null) {
    persons.push(event.actor_id);
    isBare &&= event.actor_kind === 'invitee' && isErasedName(event.actor_name, event.actor_id);
  }
  if (subject.commitment !== null) {
    const person = event.target_kind === 'user' ? event.target_id : event.related_id;
    persons.push(person);
    isBare &&= THINGS.has(event.target_kind) || isErasedName(event.target_name, person);
    isBare &&= [event.before, event.after].every((told) => NOTHING.has(split(told).personal));
  }
  return {
    persons: persons.flatMap((person) => person ?? []),
    isBare: isBare && persons.every((person) => person !== null),
  };
}

const NOTHING: ReadonlySet<string> = new Set(['{}', 'null']);

function isErasedName(name: string | null, person: string | null): boolean {
  return name === null || (person !== null && name === erasedName(person));
}

function commit(salt: string, text: string): string {
  return sha256(`${salt} ${text}`);
}

/** The two halves of `before` or `after`, as canonical JSON: what an erasure leaves, and what it takes. */
function split(value: unknown): { kept: string; personal: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kept: '', personal: canonical(value as Json) };
  const fields = value as Readonly<Record<string, Json>>;
  let [kept, personal] = ['', ''];
  for (const name of Object.keys(fields).sort()) {
    const told = member(name, fields[name] as Json);
    if (KEPT_FIELDS.has(name)) kept += kept === '' ? told : `,${told}`;
    else personal += personal === '' ? told : `,${told}`;
  }
  return { kept: `{${kept}}`, personal: `{${personal}}` };
}

/** JSON with the fields of every object in the order of their names, and no spaces. Texts grow: lists cost a tenth more. */
export function canonical(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let text = '';
  if (Array.isArray(value)) {
    for (const element of value as readonly Json[])
      text += text === '' ? canonical(element) : `,${canonical(element)}`;
    return `[${text}]`;
  }
  const fields = value as Readonly<Record<string, Json>>;
  for (const name of Object.keys(fields).sort()) {
    const told = member(name, fields[name] as Json);
    text += text === '' ? told : `,${told}`;
  }
  return `{${text}}`;
}

function member(name: string, value: Json): string {
  return `${JSON.stringify(name)}:${canonical(value)}`;
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}
