import { invalid } from '../../lib/errors.ts';
import { foldedText } from '../../lib/fold-case.ts';
import { isName, NAME_RULE } from './names.ts';

const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/**
 * Throws `invalid` unless the text can be a key: what `PROJECT:ROLE`, `PRODUCT:LICENSE` and the placeholders of
 * mapping rules name things by. Keys are kept as they were written and found without regard to case.
 */
export function checkKey(key: string, field = 'key'): void {
  if (KEY.test(key)) return;
  throw invalid(
    field,
    'A key has 1 to 63 letters, digits, ".", "_" or "-", and begins with a letter or a digit.',
  );
}

/** Throws `invalid` unless the text can be a name that people read. */
export function checkName(name: string, field = 'name'): void {
  if (!isName(name)) throw invalid(field, `A name has ${NAME_RULE}.`);
}

/** Whether two keys name the same thing. */
export function sameKey(a: string, b: string): boolean {
  return foldedText(a) === foldedText(b);
}
