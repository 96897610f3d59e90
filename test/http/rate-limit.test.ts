import { expect } from 'chai';
import { tokenBuckets } from '../../src/http/token-buckets.ts';
import { startApp, type TestApp } from '../support/app.ts';

describe('token buckets', () => {
  let now = 0;
  const clock = () => now;
  const hit = async (store: ReturnType<typeof tokenBuckets>, key = 'a') => await store.increment(key);

  beforeEach(() => {
    now = 1_000_000;
  });

  /** How many of `count` requests at once are let through. */
  async function through(store: ReturnType<typeof tokenBuckets>, count: number): Promise<number> {
    let passed = 0;
    for (let index = 0; index < count; index++) if ((await hit(store)).totalHits <= 20) passed++;
    return passed;
  }

  it('let a burst through after a rest, then the rate and no more', async () => {
    const store = tokenBuckets(10, 20, clock);
    expect(await through(store, 50)).to.equal(20);
    now += 1000;
    expect(await through(store, 50)).to.equal(10);
    now += 500;
    expect(await through(store, 50)).to.equal(5);
    now += 60_000;
    expect(await through(store, 50)).to.equal(20);
  });

  it('let the rate through for ever', async () => {
    const store = tokenBuckets(10, 20, clock);
    for (let index = 0; index < 1000; index++) {
      expect((await hit(store)).totalHits).to.be.at.most(20);
      now += 100;
    }
  });

  it('never let more through in any second than burst and rate', async () => {
    const store = tokenBuckets(10, 20, clock);
    const passed: number[] = [];
    for (let index = 0; index < 3000; index++) {
      if ((await hit(store)).totalHits <= 20) passed.push(now);
      now += 7;
    }
    for (const from of passed) {
      expect(passed.filter((at) => at >= from && at < from + 1000).length).to.be.at.most(30);
    }
  });

  it('say when there is room again', async () => {
    const store = tokenBuckets(2, 4, clock);
    for (let index = 0; index < 4; index++) await hit(store);
    expect((await hit(store)).resetTime?.getTime()).to.equal(now + 500);
  });

  it('keep their keys apart', async () => {
    const store = tokenBuckets(1, 2, clock);
    for (let index = 0; index < 5; index++) await hit(store, 'a');
    expect((await hit(store, 'b')).totalHits).to.equal(1);
  });
});

describe('rate limit', () => {
  let app: TestApp;

  beforeEach(async () => {
    app = await startApp({ rateLimitPerSecond: 2 });
  });
  afterEach(() => app.stop());

  const statuses = async (count: number, path: string, token?: string) => {
    const replies = await Promise.all(
      Array.from({ length: count }, () => app.request('GET', path, { token })),
    );
    return { all: replies.map((one) => one.status), limited: replies.find((one) => one.status === 429) };
  };

  it('answers 429 with Retry-After in the form of each edge', async () => {
    const api = await statuses(20, '/api/v1/workspace', app.tokens.admin);
    expect(api.all.filter((status) => status === 200).length).to.be.within(4, 10);
    expect(api.limited?.headers.get('retry-after')).to.match(/^[1-9]\d*$/);
    expect(api.limited?.body).to.include({ type: 'urn:rollcall:problem:rate_limited' });
    const scim = await statuses(20, '/scim/v2/Users', app.tokens.scim);
    expect(scim.all.filter((status) => status === 200).length).to.be.within(4, 10);
    expect(scim.limited?.headers.get('retry-after')).to.match(/^[1-9]\d*$/);
    expect(scim.limited?.body).to.include({ status: '429' });
  });

  it('counts a token on both edges together, and every token apart', async () => {
    const scim = statuses(10, '/scim/v2/Users', app.tokens.admin);
    const api = statuses(10, '/api/v1/workspace', app.tokens.admin);
    const all = [...(await scim).all, ...(await api).all];
    expect(all.filter((status) => status !== 429).length).to.be.within(4, 10);
    expect((await statuses(1, '/scim/v2/Users', app.tokens.scim)).all).to.deep.equal([200]);
  });

  it('limits requests without a token, and locks nobody out', async () => {
    const strangers = await statuses(20, '/api/v1/workspace', 'made-up');
    expect(strangers.all.filter((status) => status === 401).length).to.be.within(4, 10);
    expect(strangers.limited?.headers.get('retry-after')).to.match(/^[1-9]\d*$/);
    expect((await statuses(1, '/api/v1/workspace', app.tokens.admin)).all).to.deep.equal([200]);
  });

  it('leaves health and metrics alone', async () => {
    for (const path of ['/healthz', '/metrics']) {
      expect(new Set((await statuses(10, path)).all), path).to.deep.equal(new Set([200]));
    }
  });
});

describe('no rate limit', () => {
  it('is what 0 means', async () => {
    const app = await startApp();
    try {
      const replies = await Promise.all(
        Array.from({ length: 300 }, () => app.request('GET', '/api/v1/nothing', { token: app.tokens.admin })),
      );
      expect(new Set(replies.map((one) => one.status))).to.deep.equal(new Set([404]));
    } finally {
      await app.stop();
    }
  });
});
