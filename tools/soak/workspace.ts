import { type Client, clientOf } from './http.ts';

/** A workspace with a client for each of its tokens, on one instance. */
export interface Tenant {
  readonly key: string;
  readonly tokens: { readonly scim: string; readonly admin: string; readonly auditor: string };
  /** Clients of these tokens on the instance with this port. */
  readonly on: (port: number) => TenantClients;
}

export interface TenantClients {
  readonly port: number;
  readonly scim: Client;
  readonly admin: Client;
  readonly auditor: Client;
}

/** Makes a workspace with three tokens, a project, and a license without a limit. */
export async function makeTenant(port: number, operatorToken: string, key: string): Promise<Tenant> {
  const call = async (method: string, path: string, body: unknown, workspace?: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${operatorToken}`,
        'Content-Type': 'application/json',
        ...(workspace === undefined ? {} : { 'X-Workspace': workspace }),
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { readonly token: string };
  };
  await call('POST', '/workspaces', { key, name: `Workspace ${key}` });
  const issue = async (scope: string) =>
    (await call('POST', '/tokens', { name: `${scope} token`, scope }, key)).token;
  const tokens = {
    scim: await issue('scim'),
    admin: await issue('admin'),
    auditor: await issue('auditor'),
  };
  await call('POST', '/projects', { key: 'mobile', name: 'Mobile' }, key);
  return {
    key,
    tokens,
    on: (at) => ({
      port: at,
      scim: clientOf(at, tokens.scim),
      admin: clientOf(at, tokens.admin),
      auditor: clientOf(at, tokens.auditor),
    }),
  };
}
