import { Agent, request } from 'node:http';

/** One request, and the status that it must be answered with. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string;
  /** For an operator's token. */
  readonly workspace?: string;
  readonly status: number;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly milliseconds: number;
}

/** Sends requests to one server of this machine over connections that are kept. */
export type Send = (call: Call, options?: { readonly discard?: boolean }) => Promise<Answer>;

/** A client of the server at a port. Throws when an answer is not the one that is expected. */
export function clientOf(port: number): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return ({ method, path, body, token, workspace, status }, { discard = false } = {}) =>
    new Promise((resolve, reject) => {
      const begun = performance.now();
      const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
      const headers = {
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(workspace === undefined ? {} : { 'X-Workspace': workspace }),
        ...(bytes ? { 'Content-Type': 'application/json', 'Content-Length': bytes.length } : {}),
      };
      const sent = request({ agent, host: '127.0.0.1', port, method, path, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => {
          if (!discard) chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => {
          const milliseconds = performance.now() - begun;
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === status) resolve({ status, text, milliseconds });
          else reject(new Error(`${method} ${path}: ${response.statusCode ?? 0} ${text.slice(0, 500)}`));
        });
      });
      sent.on('error', reject);
      sent.end(bytes);
    });
}
