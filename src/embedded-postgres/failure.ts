/**
 * The one error of this module. `reason` is a whole sentence that says what is wrong and, where there is
 * something to do, what to do.
 */
export function unusable(reason: string, cause?: unknown): Error {
  return new Error(
    `The embedded PostgreSQL cannot run. ${reason} Otherwise set DATABASE_URL to a PostgreSQL of your own.`,
    cause === undefined ? undefined : { cause },
  );
}

/** The `code` of a system or SQL error (`ENOENT`, `57P03`), or undefined. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
