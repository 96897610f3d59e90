import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { RollcallError } from '../../src/lib/errors.ts';
import { createGate, type GateLimits } from '../../src/lib/gate.ts';

const LIMITS: GateLimits = {
  name: 'tests',
  perWorkspace: 2,
  total: 3,
  waitingPerWorkspace: 2,
  waitMs: 50,
};

async function kindOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return error instanceof RollcallError ? error.kind : 'unexpected';
  }
}

describe('a gate', () => {
  it('refuses a workspace that has all its places in use with 429, and lets another in', async () => {
    const gate = createGate(LIMITS);
    await gate.enter('a');
    await gate.enter('a');
    expect(await kindOf(gate.enter('a'))).to.equal('rate_limited');
    await gate.enter('b');
  });

  it('answers 503 when other workspaces have the places', async () => {
    const gate = createGate(LIMITS);
    for (const workspace of ['a', 'b', 'c']) await gate.enter(workspace);
    expect(await kindOf(gate.enter('d'))).to.equal('busy');
  });

  it('refuses at once beyond those that may wait', async () => {
    const gate = createGate({ ...LIMITS, waitMs: 60_000 });
    const leave = await gate.enter('a');
    await gate.enter('a');
    const waiting = [gate.enter('a'), gate.enter('a')];
    expect(await kindOf(gate.enter('a'))).to.equal('rate_limited');
    leave();
    const second = await waiting[0];
    second?.();
    await waiting[1];
  });

  it('refuses beyond those that may wait of all together, where they hold something meanwhile', async () => {
    const gate = createGate({ ...LIMITS, waitingInAll: 2 });
    for (const workspace of ['a', 'b', 'c']) await gate.enter(workspace);
    const waiting = ['d', 'e'].map((workspace) => kindOf(gate.enter(workspace)));
    const begun = performance.now();
    expect(await kindOf(gate.enter('f'))).to.equal('busy');
    expect(performance.now() - begun).to.be.lessThan(40);
    expect(await Promise.all(waiting)).to.deep.equal(['busy', 'busy']);
    expect(await kindOf(gate.enter('f'))).to.equal('busy');
  });

  it('serves the workspaces in turn', async () => {
    const gate = createGate({ ...LIMITS, total: 1, waitMs: 5_000 });
    const leave = await gate.enter('a');
    const order: string[] = [];
    const others = ['a', 'a', 'b'].map(async (workspace) => {
      const next = await gate.enter(workspace);
      order.push(workspace);
      next();
    });
    await sleep(1);
    leave();
    await Promise.all(others);
    expect(order).to.deep.equal(['a', 'b', 'a']);
  });

  it('lets go of one whose client has gone, and gives its place to nobody twice', async () => {
    const gate = createGate({ ...LIMITS, total: 1, waitMs: 5_000 });
    const leave = await gate.enter('a');
    const controller = new AbortController();
    const gone = gate.enter('b', controller.signal);
    const next = gate.enter('c');
    controller.abort();
    expect(await kindOf(gone)).to.equal('cancelled');
    leave();
    leave();
    await next;
    expect(await kindOf(createGate(LIMITS).enter('a', controller.signal))).to.equal('cancelled');
  });

  it('frees the place of work that fails', async () => {
    const gate = createGate({ ...LIMITS, total: 1 });
    expect(await kindOf(gate.run('a', undefined, () => Promise.reject(new Error('no'))))).to.equal(
      'unexpected',
    );
    expect(await gate.run('a', undefined, () => Promise.resolve(1))).to.equal(1);
  });
});
