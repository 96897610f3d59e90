import { expect } from 'chai';
import { createPublicKey, verify } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { asSuperuser } from '../audit/tampering.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { peopleOf } from './people.ts';

interface Verified {
  readonly ok: boolean;
  readonly events: number;
  readonly sealed: number;
  readonly head: string | null;
  readonly firstBroken: { readonly seq: number; readonly eventId: string; readonly problem: string } | null;
}

interface Checkpoint {
  readonly workspaceId: string;
  readonly seq: number;
  readonly hash: string;
  readonly at: string;
  readonly publicKey: string;
  readonly signature: string;
}

describe('the sealed audit over HTTP', () => {
  let app: TestApp;
  let auditor: string;

  before(async () => {
    app = await startApp({ jobs: { sealEveryMs: 20 } });
    auditor = await peopleOf(app).token('auditor');
  });
  after(() => app.stop());

  const read = async <Body>(path: string): Promise<Body> => {
    const { status, body } = await app.request<Body>('GET', `/api/v1${path}`, { token: auditor });
    expect(status, JSON.stringify(body)).to.equal(200);
    return body;
  };
  const sealed = async (): Promise<Verified> => {
    for (;;) {
      const verified = await read<Verified>('/audit/verify');
      if (!verified.ok || verified.sealed === verified.events) return verified;
      await sleep(20);
    }
  };

  it('is sealed while the server runs, and an auditor sees that it holds', async () => {
    const verified = await sealed();
    expect(verified).to.include({ ok: true, firstBroken: null });
    expect(verified.events).to.be.above(4);
    const { seq, hash, at, workspaceId, publicKey, signature } = await read<Checkpoint>('/audit/checkpoint');
    expect(seq).to.equal(verified.sealed);
    expect(hash).to.equal(verified.head);
    const text = ['rollcall audit head', workspaceId, seq, hash, at].join('\n');
    const isSigned = verify(
      null,
      Buffer.from(text),
      createPublicKey(publicKey),
      Buffer.from(signature, 'base64'),
    );
    expect(isSigned).to.equal(true);
  });

  it('names what a superuser altered', async () => {
    await sealed();
    const [event] = await asSuperuser(
      { url: app.databaseUrl },
      `update audit_events set actor_name = 'Nobody' where action = 'token.issued' and id = (
        select event_id from audit_seals where seq = 2) returning id`,
    );
    expect(await sealed()).to.deep.include({ ok: false });
    expect((await sealed()).firstBroken).to.include({ seq: 2, eventId: event!.id, problem: 'altered' });
  });
});
