import type { Saltings, SealableEvent } from './chain.ts';
import type { SealedEvent } from './verify-chain.ts';

/** What a line of an exported chain tells: a sealed event, or one that is not sealed yet. */
export type ChainLine =
  | { readonly workspaceId: string; readonly sealed: SealedEvent }
  | { readonly workspaceId: string; readonly sealed: null; readonly event: SealableEvent };

/** Reads a line of `audit.jsonl` (core/audit-export.ts); undefined for what is none. */
export function readChainLine(text: string): ChainLine | undefined {
  const line = parse(text);
  if (!line || typeof line.workspace_id !== 'string') return undefined;
  const workspaceId = line.workspace_id;
  if (line.seq === null)
    return isEvent(line.event)
      ? { workspaceId, sealed: null, event: line.event as SealableEvent }
      : undefined;
  const { seq, event_id, event, sealed_at, event_hash, hash, signature, key_id } = line;
  const actor = { salt: line.actor_salt, commitment: line.actor_commitment };
  const subject = { salt: line.subject_salt, commitment: line.subject_commitment };
  const isRead =
    Number.isSafeInteger(seq) &&
    [event_id, sealed_at, event_hash, hash].every((one) => typeof one === 'string') &&
    [signature, key_id].every((one) => one === null || typeof one === 'string') &&
    (event === null || isEvent(event)) &&
    [actor, subject].every(isSalting);
  if (!isRead) return undefined;
  return {
    workspaceId,
    sealed: {
      seq: seq as number,
      eventId: event_id as string,
      event: event as SealableEvent | null,
      sealedAt: sealed_at as string,
      saltings: { actor, subject } as Saltings,
      eventHash: event_hash as string,
      hash: hash as string,
      signature: signature as string | null,
      keyId: key_id as string | null,
    },
  };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEvent(value: unknown): boolean {
  return isObject(value) && typeof value.id === 'string' && typeof value.at === 'string' && 'before' in value;
}

function isSalting({ salt, commitment }: { salt: unknown; commitment: unknown }): boolean {
  return salt === null ? typeof commitment === 'string' : typeof salt === 'string' && commitment === null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
