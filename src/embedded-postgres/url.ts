/** The role that the URL names: it owns the database that it works in, and has no other right. */
export const APPLICATION_ROLE = 'rollcall_app';

/**
 * The URL of the cluster, as pg, knex and psql understand it. The port only names the socket's file; it and
 * `sslmode` are given so that PGPORT and PGSSLMODE in someone's environment change nothing. `require_auth` has the
 * server prove that it knows the password (src/lib/scram.ts).
 */
export function socketUrl(directory: string, password: string): string {
  const url = new URL(`postgres://${APPLICATION_ROLE}:${password}@localhost:5432/postgres`);
  url.search = String(
    new URLSearchParams({ host: directory, sslmode: 'disable', require_auth: 'scram-sha-256' }),
  );
  return url.href;
}
