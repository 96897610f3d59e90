/** Characters of a text that somebody sent, in a sentence of ours. */
const SHOWN = 80;

/**
 * A text that somebody sent for use in a sentence: a JSON string of one line. One that is too long ends with "…". What
 * is not quoted in a message is ours, and what is quoted can be found again and taken out (docs/adr/0012).
 */
export function quoted(text: string, most = SHOWN): string {
  const line = text.replace(/\s+/g, ' ');
  return JSON.stringify((line.length > most ? `${line.slice(0, most)}…` : line).toWellFormed());
}
