import { invalid } from '../../lib/errors.ts';
import { foldedText } from '../../lib/fold-case.ts';
import { isName, NAME_RULE } from './names.ts';

const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/**
 * Throws `invalid` unless the text is a valid key, as used in `PROJECT:ROLE`, `PRODUCT:LICENSE` and the placeholders of
 * mapping rules. Keys keep their case and are looked up case-insensitively.
 */
export function assertKey(key: string, field = 'key'): void {
  if (KEY.test(key)) return;
  throw invalid(
    field,
    'A key has 1 to 63 letters, digits, ".", "_" or "-", and begins with a letter or a digit.',
  );
}

/** Throws `invalid` unless the text is a valid display name. */
export function assertName(name: string, field = 'name'): void {
  if (!isName(name)) throw invalid(field, `A name has ${NAME_RULE}.`);
}

/** Whether two keys are equal, ignoring case. */
export function isSameKey(a: string, b: string): boolean {
  return foldedText(a) === foldedText(b);
}
