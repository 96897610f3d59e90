import { expect } from 'chai';
import { Agent, type IncomingHttpHeaders, request as send } from 'node:http';
import type { Caller, Scope } from '../../../src/core/context/caller.ts';
import { contextOf } from '../../../src/core/context/context.ts';
import { issueToken } from '../../../src/core/workspaces/tokens.ts';
import { createWorkspace } from '../../../src/core/workspaces/workspaces.ts';
import type { WorkspaceId } from '../../../src/lib/ids.ts';
import { startApp, type TestApp } from '../../support/app.ts';

/** Whatever an answer holds. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each test says what it expects to be where
export type Body = any;

/** A resource, an element of one, a list or an error, as a client reads it. Each has some of these. */
export interface Resource {
  readonly schemas: string[];
  readonly id: string;
  readonly externalId?: string;
  readonly meta: {
    readonly resourceType: string;
    readonly created: string;
    readonly lastModified: string;
    readonly location: string;
    readonly version: string;
  };

  readonly userName: string;
  readonly active: boolean;
  readonly name: Readonly<Record<string, string>>;
  readonly displayName: string;
  readonly title?: string;
  readonly emails: Resource[];
  readonly groups: Resource[];
  readonly members: Resource[];
  readonly manager: Resource;
  readonly access: Resource[];
  readonly joinedAt?: string;
  readonly lastAccessAt?: string;
  readonly [extension: `urn:${string}`]: Resource;

  readonly value: string;
  readonly $ref: string;
  readonly display: string;
  readonly type: string;
  readonly kind: string;

  readonly Resources: Resource[];
  readonly totalResults: number;
  readonly itemsPerPage: number;
  readonly startIndex: number;
  readonly nextCursor?: string;
  readonly previousCursor?: string;

  readonly status: string;
  readonly detail: string;
  readonly scimType?: string;
}

export interface ScimReply<B = Body> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Whether there is a body at all. */
  readonly hasBody: boolean;
  readonly body: B;
}

export interface RequestParts {
  /** Each is percent-encoded; a list is the parameter several times. */
  readonly query?: Readonly<Record<string, string | number | readonly string[]>> | undefined;
  /** Sent as JSON; a string or bytes as they are. */
  readonly body?: unknown;
  /** Beside the client's own; undefined leaves one of those out. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
}

export type ScimClient<B = Body> = (
  method: string,
  path: string,
  parts?: RequestParts,
) => Promise<ScimReply<B>>;

export interface ClientOptions {
  readonly token: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** How a space is written in a query. */
  readonly space?: '+' | '%20';
}

const MEDIA_TYPE = 'application/scim+json';
const ERROR_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:Error';

const agent = new Agent({ keepAlive: true });

/**
 * A client that sends just the headers it is told to, and the path as it is written; `fetch` would add some of its own
 * and tidy up. What holds for every answer is checked on every answer.
 */
export function scimClient<B = Body>(url: string, options: ClientOptions): ScimClient<B> {
  return async (method, path, { query, body, headers = {} } = {}) => {
    const payload = payloadOf(body);
    const sent: Record<string, string | number | undefined> = {
      ...(options.token === undefined ? {} : { Authorization: `Bearer ${options.token}` }),
      ...options.headers,
      ...(payload === undefined ? { 'Content-Type': undefined } : {}),
      ...headers,
      ...(payload === undefined ? {} : { 'Content-Length': Buffer.byteLength(payload) }),
    };
    const reply = await exchange(url, {
      method,
      path: `/scim/v2${path}${queryText(query, options.space ?? '%20')}`,
      headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)),
      payload,
    });
    checkReply(method, reply);
    const { status, headers: received, text } = reply;
    return { status, headers: received, hasBody: text !== '', body: parsed(text) as B };
  };
}

function payloadOf(body: unknown): string | Buffer | undefined {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return body;
  return JSON.stringify(body);
}

function queryText(query: RequestParts['query'], space: string): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}=${encodeURIComponent(one).replaceAll('%20', space)}`),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function exchange(
  url: string,
  { method, path, headers, payload }: { method: string; path: string; headers: object; payload: unknown },
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const request = send(url, { method, path, headers: { ...headers }, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    request.on('error', reject);
    request.end(payload);
  });
}

/** RFC 7644 sections 3.1 and 3.12: one media type, without parameters; every error as an Error. */
function checkReply(method: string, { status, headers, text }: Received): void {
  expect(headers['x-request-id'], 'X-Request-Id').to.be.a('string');
  if (status === 204 || status === 304) expect(text).to.equal('');
  if (text === '') {
    if (method !== 'HEAD') expect(headers, 'headers of an empty answer').not.to.have.property('content-type');
    return;
  }
  expect(headers['content-type']).to.equal(MEDIA_TYPE);
  if (headers['transfer-encoding'] === undefined) {
    expect(Number(headers['content-length'])).to.equal(Buffer.byteLength(text));
  } else {
    // Only a large answer is written as it is read.
    expect(text.length).to.be.above(1024 * 1024);
  }
  if (status >= 400) {
    const body = parsed(text) as Resource;
    expect(body.schemas).to.deep.equal([ERROR_SCHEMA]);
    expect(body.status).to.equal(String(status));
    expect(body.detail).to.be.a('string').and.not.equal('');
    expect(Object.keys(body)).to.have.members([
      'schemas',
      'status',
      'detail',
      ...('scimType' in body ? ['scimType'] : []),
    ]);
  }
}

function parsed(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text);
}

/** A workspace of its own: an empty directory, with a token for it. */
export interface TestWorkspace<B = Body> {
  readonly id: WorkspaceId;
  readonly token: string;
  readonly scim: ScimClient<B>;
}

let shared: Promise<TestApp> | undefined;

/** An app for tests that do nothing to it: each works in a workspace of its own. It is stopped after the run. */
export function sharedApp(): Promise<TestApp> {
  shared ??= startApp();
  return shared;
}

after('stop the shared app', async () => {
  await (await shared)?.stop();
});

let made = 0;

const SYSTEM: Omit<Caller, 'workspaceId'> = { actor: { kind: 'system', name: 'test' }, requestId: 'test' };

/** Makes one on a running app. */
export async function newWorkspace<B = Body>(
  app: TestApp,
  options: Omit<ClientOptions, 'token'> = { headers: { 'Content-Type': MEDIA_TYPE } },
): Promise<TestWorkspace<B>> {
  made += 1;
  const { id } = await createWorkspace(app.core, SYSTEM, { key: `w${made}`, name: `Workspace ${made}` });
  const token = await newToken(app, id);
  return { id, token, scim: scimClient<B>(app.url, { ...options, token }) };
}

/** Another token of a workspace. */
export async function newToken(
  app: TestApp,
  workspaceId: WorkspaceId,
  scope: Scope = 'scim',
): Promise<string> {
  const { token } = await issueToken(contextOf(app.core, { ...SYSTEM, workspaceId }), {
    name: 'test',
    scope,
  });
  return token;
}
