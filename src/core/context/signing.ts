import {
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';

/** Signs the heads of audit chains. */
export interface SigningKey {
  /** Names the key: the first 16 hexadecimal characters of its public half's hash. */
  readonly keyId: string;
  /** Ed25519, as PEM. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

/** What stands before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The key that belongs to a secret: the same on every instance, and from it the secret can't be told. */
export function signingKeyOf(secretKey: string): SigningKey {
  const seed = Buffer.from(hkdfSync('sha256', secretKey, '', 'rollcall audit checkpoints', 32));
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey = createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString();
  return { keyId: keyIdOf(publicKey), publicKey, privateKey };
}

/** The id of a public key. */
export function keyIdOf(publicKey: string): string {
  const der = createPublicKey(publicKey).export({ format: 'der', type: 'spki' });
  return createHash('sha256').update(der).digest('hex').slice(0, 16);
}

/** A workspace's chain up to one seal, as it is signed: what it was at a time. */
export interface Head {
  readonly workspaceId: string;
  /** How many events are sealed; 0 for none. */
  readonly seq: number;
  /** The hash of the last seal, hexadecimal. */
  readonly hash: string;
  /** When it was signed; ISO 8601. */
  readonly at: string;
}

/** Signs a head; base64. */
export function signHead(key: SigningKey, head: Head): string {
  return sign(null, textOf(head), key.privateKey).toString('base64');
}

/** Whether a public key's owner has signed this head. */
export function isSignedHead(publicKey: string, head: Head, signature: string): boolean {
  return verify(null, textOf(head), publicKey, Buffer.from(signature, 'base64'));
}

function textOf({ workspaceId, seq, hash, at }: Head): Buffer {
  return Buffer.from(['rollcall audit head', workspaceId, seq, hash, at].join('\n'));
}
