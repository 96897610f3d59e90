import { isArray, isObject } from '../input/json.ts';

const WHOLE = /^bulkId:(.+)$/s;
/** In a PATCH path such as `members[value eq "bulkId:x"]`, or a reference such as `/Users/bulkId:x`. */
const INSIDE = /bulkId:([^"'\s()[\]/?#]+)/g;

/** The bulkIds that the data of an operation refers to (RFC 7644 section 3.7.2), wherever they stand. */
export function referencesIn(data: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  rewrite(data, (reference) => {
    found.add(reference);
    return KEEP;
  });
  return found;
}

/** The data with every reference that is known replaced by the id it stands for. */
export function resolved(data: unknown, ids: ReadonlyMap<string, string>): unknown {
  return rewrite(data, (reference) => ids.get(reference) ?? KEEP);
}

/**
 * The data without some references: each takes with it what it is the `value` of, such as a member or a manager. What is
 * left can be made before that which it refers to.
 */
export function without(data: unknown, references: ReadonlySet<string>): unknown {
  return rewrite(data, (reference) => (references.has(reference) ? REMOVE : KEEP));
}

/** The bulkId that a text as a whole refers to. */
export function referenceOf(text: string): string | undefined {
  return WHOLE.exec(text)?.[1];
}

const KEEP = Symbol('keep');
const REMOVE = Symbol('remove');

type Decide = (reference: string) => string | typeof KEEP | typeof REMOVE;

function rewrite(value: unknown, decide: Decide): unknown {
  const result = part(value, undefined, decide);
  return result === REMOVE ? undefined : result;
}

function part(value: unknown, key: string | undefined, decide: Decide): unknown {
  if (typeof value === 'string') return text(value, key, decide);
  if (isArray(value)) {
    return value.map((item) => part(item, undefined, decide)).filter((item) => item !== REMOVE);
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(
    ([name, item]) => [name, part(item, name.toLowerCase(), decide)] as const,
  );
  if (entries.some(([name, item]) => item === REMOVE && name.toLowerCase() === 'value')) return REMOVE;
  return Object.fromEntries(entries.filter(([, item]) => item !== REMOVE));
}

function text(value: string, key: string | undefined, decide: Decide): unknown {
  const whole = referenceOf(value);
  if (whole !== undefined) {
    const decision = decide(whole);
    return decision === KEEP ? value : decision;
  }
  if (key !== 'path' && key !== '$ref') return value;
  const decisions = [...value.matchAll(INSIDE)].map(([, reference = '']) => decide(reference));
  if (decisions.includes(REMOVE)) return REMOVE;
  return value.replace(INSIDE, (reference) => {
    const decision = decisions.shift();
    return typeof decision === 'string' ? decision : reference;
  });
}
