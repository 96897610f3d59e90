/** The few characters of which upper and lower case do not lead to Unicode's simple case folding. */
const EXCEPTIONS: ReadonlyMap<number, number> = new Map([
  [0x0131, 0x0131],
  [0x1fd3, 0x0390],
  [0x1fe3, 0x03b0],
  [0xfb05, 0xfb06],
]);

/** The code point that stands for a character and all that differ from it in case only: Unicode's simple case folding. */
export function foldCase(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 128) return code >= 65 && code <= 90 ? code + 32 : code;
  const exception = EXCEPTIONS.get(code);
  if (exception !== undefined) return exception;
  const upper = asOne(character.toUpperCase()) ?? character;
  return (asOne(upper.toLowerCase()) ?? upper).codePointAt(0) ?? code;
}

/** A text by which all are found that differ from it in case only. */
export function foldedText(text: string): string {
  return Array.from(text, (character) => String.fromCodePoint(foldCase(character))).join('');
}

function asOne(text: string): string | undefined {
  const [first, second] = text;
  return second === undefined ? first : undefined;
}
