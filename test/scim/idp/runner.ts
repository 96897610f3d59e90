import { expect } from 'chai';
import type { TestApp } from '../../support/app.ts';
import {
  newWorkspace,
  type Resource,
  type ScimReply,
  sharedApp,
  type TestWorkspace,
} from '../http/client.ts';
import { listed, refused, written } from '../http/resources.ts';
import type { Dialect, Fixture, Step } from './fixture.ts';

/** Runs fixtures over HTTP against the real app, each in a workspace of its own. */
export function runFixtures(provider: string, dialect: Dialect, fixtures: readonly Fixture[]): void {
  describe(`identity providers: ${provider}`, () => {
    let app: TestApp;
    before(async () => {
      app = await sharedApp();
    });

    for (const { name, source, steps } of fixtures) {
      it(`${name} (${source})`, async () => {
        const run = new Run(app, await newWorkspace<Resource>(app, dialect));
        for (const [index, step] of steps.entries()) {
          try {
            await run.step(step);
          } catch (error) {
            if (error instanceof Error) error.message = `step ${index + 1}, ${step.send}: ${error.message}`;
            throw error;
          }
        }
      });
    }
  });
}

const STATUS: Readonly<Record<string, number>> = { GET: 200, POST: 201, PUT: 200, DELETE: 204 };

class Run {
  readonly #app: TestApp;
  readonly #workspace: TestWorkspace<Resource>;
  /** Path and id of what was created, by the name it was given. */
  readonly #named = new Map<string, { path: string; id: string }>();
  /** Everything there is, as long as nothing was changed since it was seen. */
  #seen: object | undefined;

  constructor(app: TestApp, workspace: TestWorkspace<Resource>) {
    this.#app = app;
    this.#workspace = workspace;
  }

  async step(step: Step): Promise<void> {
    const { send, query, body, headers, shows, lists, lacks, refuses, as } = this.#filledIn(step);
    const [method = '', path = ''] = send.split(' ');
    const isNoChange = refuses !== undefined || step.changesNothing === true || method === 'GET';
    const before = isNoChange && method !== 'GET' ? (this.#seen ?? (await this.#everything())) : undefined;
    const reply = await this.#workspace.scim(method, path, { query, body, headers });
    if (!isNoChange) this.#seen = undefined;
    if (before !== undefined) {
      this.#seen = await this.#everything();
      expect(this.#seen, 'what changed').to.deep.equal(before);
    }
    if (refuses !== undefined) {
      refused(reply, step.status ?? 400, refuses ?? undefined);
      return;
    }
    const usual = method === 'PATCH' ? (path.startsWith('/Groups') ? 204 : 200) : STATUS[method];
    expect(reply.status, JSON.stringify(reply.body)).to.equal(step.status ?? usual);
    if (as !== undefined) this.#named.set(as, { path, id: reply.body.id });
    if (lists) expect(listed(reply).map((one) => this.#nameOf(one.id))).to.deep.equal(lists);
    for (const name of lacks ?? []) expect(reply.body).not.to.have.property(name);
    if (shows) await this.#checkShown(method, path, { reply, shows });
  }

  /** What is shown in the answer, if it has a body, and by a GET. */
  async #checkShown(
    method: string,
    path: string,
    { reply, shows }: { reply: ScimReply<Resource>; shows: object },
  ): Promise<void> {
    const { url } = this.#app;
    const one: string = method === 'POST' ? `${path}/${reply.body.id}` : path;
    const read = await this.#workspace.scim('GET', one);
    expect(read.status).to.equal(200);
    expect(written(read.body, url)).to.deep.equal(withSortedReferences(shows));
    expect(read.headers.etag).to.equal(read.body.meta.version);
    expect(reply.headers.etag, 'ETag').to.equal(read.headers.etag);
    if (reply.status === 201) expect(reply.headers.location).to.equal(read.body.meta.location);
    if (reply.hasBody) expect(reply.body, 'answered and read').to.deep.equal(read.body);
  }

  /** Every resource of the workspace and its audit. */
  async #everything(): Promise<object> {
    const { scim, id } = this.#workspace;
    const [users, groups] = [await scim('GET', '/Users'), await scim('GET', '/Groups')];
    const audit: { rows: object[] } = await this.#app.core.db.raw(
      'select * from audit_events where workspace_id = ? order by at, id',
      [id],
    );
    return { users: users.body, groups: groups.body, audit: audit.rows };
  }

  #nameOf(id: string): string {
    const found = [...this.#named].find(([, one]) => one.id === id);
    return found ? found[0] : id;
  }

  #filledIn<T>(value: T): T {
    if (typeof value === 'string') {
      const text = value.replaceAll(
        /\{(\w+)\}/g,
        (whole, name: string) => this.#named.get(name)?.id ?? whole,
      );
      return text as T;
    }
    if (Array.isArray(value)) return value.map((one) => this.#filledIn<unknown>(one)) as T;
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, part]) => [
      this.#filledIn(key),
      this.#filledIn<unknown>(part),
    ]);
    return Object.fromEntries(entries) as T;
  }
}

/** Members are shown ascending by id; a fixture names them in any order. */
function withSortedReferences(shows: object): object {
  const { members, ...rest } = shows as { members?: string[] };
  return members === undefined ? rest : { ...rest, members: members.toSorted() };
}
