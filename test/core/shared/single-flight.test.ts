import { expect } from 'chai';
import { createSingleFlight } from '../../../src/core/shared/single-flight.ts';

describe('shared answers', () => {
  /** A question that takes until it is let go, and answers what is true then. */
  function world() {
    let truth = 'before';
    const waiting: (() => void)[] = [];
    let asked = 0;
    return {
      ask: async () => {
        asked += 1;
        const answer = truth;
        await new Promise<void>((resolve) => void waiting.push(resolve));
        return answer;
      },
      change: () => (truth = 'after'),
      letGo: async () => {
        waiting.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
      },
      asked: () => asked,
    };
  }

  it('are never older than the question', async () => {
    const { ask, change, letGo, asked } = world();
    const shared = createSingleFlight<string>();
    const first = shared('key', ask);
    change();
    const [second, third] = [shared('key', ask), shared('key', ask)];
    await letGo();
    expect(await first).to.equal('before');
    await letGo();
    expect(await Promise.all([second, third])).to.deep.equal(['after', 'after']);
    expect(asked()).to.equal(2);
  });

  it('are of one key each, and not kept', async () => {
    const { ask, letGo, asked } = world();
    const shared = createSingleFlight<string>();
    const both = [shared('a', ask), shared('b', ask)];
    expect(asked()).to.equal(2);
    await letGo();
    await letGo();
    await Promise.all(both);
    void shared('a', ask);
    expect(asked()).to.equal(3);
  });

  it('fail those who asked, and nobody after them', async () => {
    const shared = createSingleFlight<string>();
    const failing = () => Promise.reject(new Error('away'));
    const first = shared('key', failing).catch((error: unknown) => (error as Error).message);
    const second = shared('key', () => Promise.resolve('there'));
    expect(await first).to.equal('away');
    expect(await second).to.equal('there');
    expect(await shared('key', () => Promise.resolve('still'))).to.equal('still');
  });
});
