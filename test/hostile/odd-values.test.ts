import { expect } from 'chai';
import { z } from 'zod';
import { routes } from '../../src/api/routes/index.ts';
import { randomFor } from '../../tools/fuzz/random.ts';
import { CASES, type Made, prepare } from '../api/cases.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { ODD_NUMBERS, ODD_TEXTS, ODD_TIMES, ODD_VALUES } from './odd.ts';

/** Every odd value in every parameter of every operation: refused with a 4xx or taken, never a 5xx. */
describe('odd values', function () {
  this.timeout(240_000);
  let app: TestApp;
  let made: Made;
  let sent: number;
  let findings: string[];

  before(async () => {
    app = await startApp({ jobs: null });
    made = await prepare(app);
    for (let index = 0; index < 3; index++) {
      await made.admin('POST', '/projects', { key: `odd-${index}`, name: `Odd ${index}` });
      await made.admin('PUT', `/users/${made.user}/projects/odd-${index}`, { role: 'tester' });
      await app.request('POST', '/scim/v2/Users', {
        token: app.tokens.scim,
        body: { userName: `odd-${index}@x.io`, roles: [{ value: `unknown-${index}` }] },
      });
    }
  });
  beforeEach(() => {
    [sent, findings, plan] = [0, [], []];
  });
  after(() => app.stop());

  const scimOrAdmin = (path: string) => (path.startsWith('/scim') ? app.tokens.scim : app.tokens.admin);

  let plan: (readonly [method: string, path: string, body?: unknown])[];

  const attempt = (method: string, path: string, body?: unknown) => {
    plan.push([method, path, body]);
  };

  /** Sends a request; whatever comes back other than a 5xx is right. */
  async function send(method: string, path: string, body?: unknown): Promise<void> {
    const response = await fetch(`${app.url}${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${scimOrAdmin(path)}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    sent += 1;
    if (response.status >= 500 && response.status !== 501)
      findings.push(
        `${response.status} ${method} ${path.slice(0, 200)} ${JSON.stringify(body ?? null).slice(0, 200)} ${text}`,
      );
  }

  /** Sends what is planned, in an order of chance, as much of it as some seconds allow. */
  async function noFindings(): Promise<void> {
    const seed = Number(process.env['ODD_SEED'] ?? Date.now() % 1_000_000);
    const until = Date.now() + Number(process.env['ODD_SECONDS'] ?? 20) * 1_000;
    const random = randomFor(seed, 0);
    for (let at = plan.length - 1; at > 0; at--) {
      const other = random.number(at + 1);
      [plan[at], plan[other]] = [plan[other]!, plan[at]!];
    }
    const rest = plan.values();
    const work = async () => {
      for (const one of rest) {
        if (Date.now() > until) return;
        await send(...one);
      }
    };
    await Promise.all(Array.from({ length: 4 }, work));
    expect(findings.slice(0, 20), `${findings.length} of ${sent}, seed ${seed}`).to.deep.equal([]);
    expect(sent).to.be.at.least(500);
  }

  const encoded = (value: unknown) => encodeURIComponent(String(value).toWellFormed());
  const ODD_QUERY = [...ODD_TEXTS, ...ODD_TIMES, ...ODD_NUMBERS, '%00', '%ff', '%'];
  const isErasing = (name: string) => /erase|remove/.test(name);

  it('in every query parameter of the companion API', async () => {
    for (const route of routes) {
      const path = `/api/v1${(await CASES[`${route.method.toUpperCase()} ${route.path}`]?.path?.(made)) ?? route.path}`;
      const [pathname = '', usual = ''] = path.split('?', 2);
      for (const name of Object.keys((route.query as z.ZodObject | undefined)?.shape ?? {})) {
        for (const value of ODD_QUERY) {
          const query = new URLSearchParams(usual);
          query.delete(name);
          const raw = /^%/.test(value) ? value : encoded(value);
          attempt(route.method.toUpperCase(), `${pathname}?${query.toString()}&${name}=${raw}`);
        }
      }
    }
    await noFindings();
  });

  it('in every path parameter of the companion API', async () => {
    for (const route of routes) {
      const parts = route.path.split('/');
      for (const [index, part] of parts.entries()) {
        if (!part.startsWith('{')) continue;
        const name = `${route.method.toUpperCase()} ${route.path}`;
        const usual = ((await CASES[name]?.path?.(made)) ?? route.path).split('?')[0]!.split('/');
        const body = await CASES[name]?.body?.(made);
        for (const value of [...ODD_TEXTS, ...ODD_NUMBERS]) {
          const path = usual.with(index, encoded(value)).join('/');
          if (value !== '') attempt(route.method.toUpperCase(), `/api/v1${path}`, body);
        }
      }
    }
    await noFindings();
  });

  it('in every field of every body of the companion API', async () => {
    for (const route of routes) {
      const name = `${route.method.toUpperCase()} ${route.path}`;
      if (!route.body || isErasing(name)) continue;
      const path = `/api/v1${(await CASES[name]?.path?.(made)) ?? route.path}`;
      const body = (await CASES[name]?.body?.(made)) ?? {};
      const fields = Object.keys((route.body as Partial<z.ZodObject>).shape ?? {});
      for (const value of [...ODD_VALUES, ...ODD_TEXTS, ...ODD_TIMES]) {
        for (const field of fields) attempt(route.method.toUpperCase(), path, { ...body, [field]: value });
        for (const changed of withLeaf(body, value)) attempt(route.method.toUpperCase(), path, changed);
      }
    }
    await noFindings();
  });

  it('in every part of every cursor', async () => {
    for (const route of routes.filter(
      (one) => 'cursor' in ((one.query as z.ZodObject | undefined)?.shape ?? {}),
    )) {
      const path = `/api/v1${(await CASES[`GET ${route.path}`]?.path?.(made)) ?? route.path}`;
      const sorts = (route.query as z.ZodObject).shape['sort'] as z.ZodType | undefined;
      const schema = sorts ? (z.toJSONSchema(sorts, { io: 'input' }) as { enum?: string[] }) : {};
      const ascending = schema.enum?.filter((one) => !one.startsWith('-'));
      for (const sort of ascending ?? [undefined]) {
        const query = `${path}?limit=1${sort === undefined ? '' : `&sort=${sort}`}`;
        const { body } = await app.request<{ nextCursor: string | null }>('GET', query, {
          token: app.tokens.admin,
        });
        const place = body.nextCursor
          ? (JSON.parse(Buffer.from(body.nextCursor, 'base64url').toString()) as object)
          : { sort, value: '2026-01-01 00:00:00+00', id: made.user, at: new Date().toISOString(), row: 1 };
        for (const value of [...ODD_VALUES, ...ODD_TEXTS, ...ODD_TIMES, ...ODD_NUMBERS]) {
          for (const odd of [
            value,
            ...withLeaf(place, value),
            ...('sort' in place ? [{ ...place, asOf: value }] : []),
          ]) {
            const cursor = Buffer.from(JSON.stringify(odd)).toString('base64url');
            attempt('GET', `${query}&cursor=${cursor}`);
          }
        }
      }
    }
    await noFindings();
  });

  it('in the queries, paths, filters and bodies of SCIM', async () => {
    const { user, group } = made;
    const NAMES = [
      'filter',
      'sortBy',
      'sortOrder',
      'startIndex',
      'count',
      'cursor',
      'attributes',
      'excludedAttributes',
    ];
    const ATTRIBUTES = [
      'userName',
      'id',
      'externalId',
      'active',
      'meta.created',
      'meta.lastModified',
      'emails.value',
      'groups.display',
      'emails[type eq "work" and value co "x"].value',
      'x509Certificates.value',
      'photos.primary',
      'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User:startDate',
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value',
    ];
    for (const value of ODD_QUERY) {
      const raw = /^%/.test(value) ? value : encoded(value);
      for (const name of NAMES) attempt('GET', `/scim/v2/Users?${name}=${raw}`);
      for (const path of ['/Users/', '/Groups/', '/Schemas/', '/ResourceTypes/', '/'])
        attempt('GET', `/scim/v2${path}${raw}`);
      for (const attribute of ATTRIBUTES)
        for (const rest of [`eq ${JSON.stringify(value)}`, `ge ${JSON.stringify(value)}`, `eq ${value}`])
          attempt('GET', `/scim/v2/Users?filter=${encoded(`${attribute} ${rest}`)}`);
    }
    const profile = {
      userName: 'odd-body@x.io',
      externalId: 'odd',
      active: true,
      name: { givenName: 'A' },
      emails: [{ value: 'a@b.io', primary: true }],
      'urn:ietf:params:scim:schemas:extension:rollcall:2.0:User': {
        startDate: '2026-01-01',
        organization: 'acme',
      },
      'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { manager: { value: user } },
      meta: { created: '2026-01-01T00:00:00Z' },
    };
    for (const value of [...ODD_VALUES, ...ODD_TEXTS, ...ODD_TIMES]) {
      for (const body of withLeaf(profile, value)) attempt('PUT', `/scim/v2/Users/${user}`, body);
      for (const body of withLeaf({ displayName: 'Odd', members: [{ value: user, display: 'x' }] }, value))
        attempt('PUT', `/scim/v2/Groups/${group}`, body);
      const operation = { Operations: [{ op: 'replace', path: 'title', value: 'x' }] };
      for (const body of withLeaf(operation, value)) attempt('PATCH', `/scim/v2/Users/${user}`, body);
      const search = { filter: 'userName eq "x"', count: 1, startIndex: 1, sortBy: 'id', attributes: ['id'] };
      for (const body of withLeaf(search, value)) attempt('POST', '/scim/v2/Users/.search', body);
      const bulk = {
        failOnErrors: 1,
        Operations: [{ method: 'PATCH', path: `/Users/${user}`, version: 'W/"1"', data: operation }],
      };
      for (const body of withLeaf(bulk, value)) attempt('POST', '/scim/v2/Bulk', body);
    }
    await noFindings();
  });
});

/** Copies of a value, each with another of its leaves replaced. */
function withLeaf(whole: unknown, value: unknown): unknown[] {
  if (Array.isArray(whole)) {
    const list: readonly unknown[] = whole;
    return list.flatMap((one, index) => withLeaf(one, value).map((changed) => list.with(index, changed)));
  }
  if (typeof whole !== 'object' || whole === null) return [value];
  return Object.entries(whole).flatMap(([key, one]) =>
    withLeaf(one, value).map((changed) => ({ ...whole, [key]: changed })),
  );
}
