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
  /** The first 16 hexadecimal characters of the public key's SHA-256. */
  readonly keyId: string;
  /** Ed25519, as PEM. */
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

/** The PKCS #8 header before the 32 bytes of an Ed25519 private key (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Derives the key from a secret: the same on every instance, and it does not reveal the secret. */
export function deriveSigningKey(secretKey: string): SigningKey {
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

/** The head of a workspace's chain at a time, as it is signed. */
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

/** Whether the signature of the head is valid under the public key. */
export function isSignedHead(publicKey: string, head: Head, signature: string): boolean {
  return verify(null, textOf(head), publicKey, Buffer.from(signature, 'base64'));
}

function textOf({ workspaceId, seq, hash, at }: Head): Buffer {
  return Buffer.from(['rollcall audit head', workspaceId, seq, hash, at].join('\n'));
}
