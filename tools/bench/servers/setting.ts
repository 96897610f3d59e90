/** A setting that the bench gives to a server that it starts. */
export function setting(name: string): string {
  // eslint-disable-next-line no-restricted-syntax -- these are processes of their own, not Rollcall.
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set.`);
  return value;
}
