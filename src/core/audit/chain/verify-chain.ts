import { type Head, isSignedHead, keyIdOf } from '../../context/signing.ts';
import { type Backdated, chainTimes, type Warning } from './chain-times.ts';
import { erasedOf, eventHash, genesis, type Saltings, type SealableEvent, sealHash } from './chain.ts';

/** A seal with its event; null for an event that is gone. */
export interface SealedEvent {
  readonly seq: number;
  readonly eventId: string;
  readonly event: SealableEvent | null;
  /** ISO 8601. */
  readonly sealedAt: string;
  readonly saltings: Saltings;
  readonly eventHash: string;
  readonly hash: string;
  readonly signature: string | null;
  readonly keyId: string | null;
}

/** What is wrong with the audit, and where it begins. */
export interface Broken {
  /** The place in the chain; null for what has none. */
  readonly seq: number | null;
  /** Null when the event is gone and nothing tells which it was. */
  readonly eventId: string | null;
  readonly problem: 'altered' | 'removed' | 'inserted' | 'moved' | 'signature' | 'checkpoint';
  readonly message: string;
}

/** Whether the newest seal is signed: by the key that was given, by another, or there was no key to check it with. */
export type HeadSignature = 'valid' | 'other key' | 'unchecked' | 'none';

/** What walking a chain has shown. */
export interface ChainResult {
  readonly firstBroken: Broken | null;
  /** Seals that were walked before the first break. */
  readonly sealed: number;
  /** The hash of the last of them; of no seal what the first would follow. */
  readonly head: string;
  readonly signature: HeadSignature;
  /** Which key has signed from which place on: a change of the key is to be explained. */
  readonly keys: readonly { readonly keyId: string; readonly from: number }[];
  /** What is odd about the times and breaks nothing: the database's clock was set, or sealing stood still. */
  readonly warnings: readonly Warning[];
}

/** Changes of the key that are listed. */
const MAX_KEYS = 100;

/** What the audit calls it that a person was erased. */
export const ERASURE = 'user.erased';

/**
 * Walks a chain from its first seal. It takes constant memory, but for those who were erased. `publicKey` checks the
 * signature of the newest seal. `checkpoint` is the signed head of an earlier time: it shows that nothing was cut off
 * since.
 */
export function chainWalk(
  workspaceId: string,
  options: { readonly publicKey?: string | undefined; readonly checkpoint?: Head | undefined } = {},
): {
  readonly take: (sealed: SealedEvent) => void;
  /** Whom events were erased of without a seal so far that tells of the erasure. */
  readonly unexplained: () => readonly string[];
  /** Notes that an event, not sealed yet, tells that a person was erased. */
  readonly explain: (person: string) => void;
  /** Notes that what should stand next can't be read. */
  readonly unreadable: (message: string) => void;
  readonly end: () => ChainResult;
} {
  const { publicKey, checkpoint } = options;
  let [seq, hash] = [0, genesis(workspaceId)];
  let last: SealedEvent | undefined;
  let broken: Broken | null = null;
  let keyId: string | undefined;
  const times = chainTimes();
  const keys: { keyId: string; from: number }[] = [];
  const erased = new Set<string>();
  const unexplained = new Map<string, Pick<SealedEvent, 'seq' | 'eventId'>>();
  const explain = (person: string): void => {
    erased.add(person);
    unexplained.delete(person);
  };

  const take = (sealed: SealedEvent): void => {
    if (broken) {
      broken = foundLater(broken, sealed);
      return;
    }
    broken = check(sealed, seq + 1, hash);
    if (broken) return;
    const before = { seq, hash };
    const { eventId } = sealed;
    ({ seq, hash } = sealed);
    last = sealed;
    const event = sealed.event as SealableEvent;
    times.take({ seq, eventId, at: Date.parse(event.at), sealedAt: Date.parse(sealed.sealedAt) }, before);
    if (event.action === ERASURE && event.target_kind === 'user') explain(event.target_id);
    for (const person of erasedOf(event, sealed.saltings)?.persons ?? [])
      if (!erased.has(person) && !unexplained.has(person)) unexplained.set(person, { seq, eventId });
    if (sealed.keyId !== null && sealed.keyId !== keyId) {
      keyId = sealed.keyId;
      if (keys.length < MAX_KEYS) keys.push({ keyId, from: seq });
    }
    if (seq === checkpoint?.seq && hash !== checkpoint.hash) broken = rewritten(sealed);
  };

  const end = (): ChainResult => {
    const signature = signatureOf(workspaceId, last, publicKey);
    if (!broken && checkpoint && checkpoint.seq > seq) broken = cutOff(checkpoint, seq);
    if (!broken && signature === 'wrong') broken = wrongHead(last as SealedEvent);
    const [emptied] = unexplained.values();
    if (!broken && emptied)
      broken = brokenAt(emptied, 'altered', 'What it told was taken out, and no event tells of an erasure.');
    const backdated = times.backdated();
    const isFirst = backdated && (broken?.seq ?? Infinity) > backdated.seq;
    return {
      firstBroken: isFirst ? putIn(backdated) : broken,
      ...(isFirst
        ? { sealed: backdated.before.seq, head: backdated.before.hash }
        : { sealed: seq, head: hash }),
      signature: signature === 'wrong' ? 'none' : signature,
      keys,
      warnings: times.warnings(),
    };
  };
  const unreadable = (message: string): void => {
    broken ??= { seq: seq + 1, eventId: null, problem: 'altered', message };
  };
  return { take, unexplained: () => [...unexplained.keys()], explain, unreadable, end };
}

function check(sealed: SealedEvent, expected: number, previous: string): Broken | null {
  const { seq, event, sealedAt } = sealed;
  if (seq > expected) {
    return {
      seq: expected,
      eventId: null,
      problem: 'removed',
      message: `Event ${expected} of the chain is missing: what follows is ${seq}.`,
    };
  }
  if (seq < expected)
    return brokenAt(sealed, 'moved', `This place of the chain is told again after ${expected - 1}.`);
  if (!event) return brokenAt(sealed, 'removed', 'The event was sealed and is gone.');
  if (event.id !== sealed.eventId || eventHash(event, sealed.saltings) !== sealed.eventHash)
    return brokenAt(sealed, 'altered', 'The event is not what was sealed.');
  if (erasedOf(event, sealed.saltings)?.isBare === false)
    return brokenAt(sealed, 'altered', 'The event was erased, and tells something again.');
  if (sealHash(previous, seq, sealedAt, sealed.eventHash) !== sealed.hash) {
    const message = 'The seal does not follow from the one before it: it was altered or moved.';
    return brokenAt(sealed, 'moved', message);
  }
  return null;
}

function putIn({ seq, eventId }: Backdated): Broken {
  const message = 'The event is dated long before its seal, and before others that were sealed before it.';
  return { seq, eventId, problem: 'inserted', message };
}

function brokenAt(
  { seq, eventId }: Pick<SealedEvent, 'seq' | 'eventId'>,
  problem: Broken['problem'],
  message: string,
): Broken {
  return { seq, eventId, problem, message };
}

/** What seemed to be missing stands further on. */
function foundLater(broken: Broken, { seq, eventId }: SealedEvent): Broken {
  if (broken.eventId !== null || seq !== broken.seq || broken.problem !== 'removed') return broken;
  return { seq, eventId, problem: 'moved', message: 'The event does not stand in its place in the chain.' };
}

function signatureOf(
  workspaceId: string,
  last: SealedEvent | undefined,
  publicKey: string | undefined,
): HeadSignature | 'wrong' {
  if (!last) return 'none';
  const { seq, hash, sealedAt: at, signature, keyId } = last;
  if (signature === null) return 'wrong';
  if (publicKey === undefined) return 'unchecked';
  if (keyId !== keyIdOf(publicKey)) return 'other key';
  return isSignedHead(publicKey, { workspaceId, seq, hash, at }, signature) ? 'valid' : 'wrong';
}

function wrongHead({ seq, eventId, signature }: SealedEvent): Broken {
  const message =
    signature === null
      ? 'The newest seal is not signed: seals after it were removed, or it was made by somebody else.'
      : 'The newest seal’s signature is wrong: the chain was made again by somebody else.';
  return { seq, eventId, problem: 'signature', message };
}

function rewritten({ seq, eventId }: SealedEvent): Broken {
  return { seq, eventId, problem: 'checkpoint', message: 'The chain was another one at the checkpoint.' };
}

function cutOff(checkpoint: Head, seq: number): Broken {
  return {
    seq: seq + 1,
    eventId: null,
    problem: 'removed',
    message: `The checkpoint of ${checkpoint.at} has ${checkpoint.seq} events; ${seq} are left.`,
  };
}
