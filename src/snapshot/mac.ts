/**
 * MACs of a snapshot: HMAC-SHA-256 of each of its digests, so that nobody can make or change one who does not have the key.
 *
 * A digest covers all that lies before it in the file, and so does its MAC; nothing more is made up here. Keys are secret
 * bytes or a CryptoKey, which need not be extractable.
 */
import { bytesOf } from '../bytes.ts';
import { KsmError } from '../errors.ts';

/** At least 16 secret bytes, or a CryptoKey for HMAC with SHA-256. Not a password: derive a key from that first. */
export type MacKey = CryptoKey | ArrayBuffer | ArrayBufferView;

/** A key that was looked at; bytes are a copy. */
export type CheckedMacKey = CryptoKey | Uint8Array<ArrayBuffer>;

type Use = 'sign' | 'verify';

export const MAC_BYTES = 32;
const KEY_BYTES_MIN = 16;
const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const;

/** EINVAL if `given` is no key for HMAC-SHA-256 with which one may do what is wanted. */
export function expectMacKey(given: MacKey, use: Use): CheckedMacKey {
  if (given instanceof CryptoKey) return expectCryptoKey(given, use);
  const bytes = Uint8Array.from(bytesOf('Option "macKey"', given)); // the platform takes no shared memory, and the caller may erase his
  if (bytes.length >= KEY_BYTES_MIN) return bytes;
  throw wrongKey(`has ${bytes.length} bytes`);
}

function expectCryptoKey(key: CryptoKey, use: Use): CryptoKey {
  const { name, hash } = key.algorithm as Partial<HmacKeyAlgorithm>;
  if (name === HMAC.name && hash?.name === HMAC.hash && key.usages.includes(use)) return key;
  throw wrongKey(`is a CryptoKey for ${name} that may be used to ${key.usages.join(' and ') || 'do nothing'}`, use);
}

function wrongKey(what: string, use: Use = 'verify'): KsmError {
  return new KsmError(
    'EINVAL',
    `Option "macKey" ${what}; expected at least ${KEY_BYTES_MIN} secret bytes, or a CryptoKey for HMAC with SHA-256 ` +
      `that may be used to ${use}.`,
  );
}

export async function importMacKey(key: CheckedMacKey, use: Use): Promise<CryptoKey> {
  return key instanceof Uint8Array ? crypto.subtle.importKey('raw', key, HMAC, false, [use]) : key;
}

export async function macOf(key: CryptoKey, digest: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.sign(HMAC.name, key, digest));
}

/** In a time that does not depend on where the two differ. */
export async function isMacOf(
  key: CryptoKey,
  digest: Uint8Array<ArrayBuffer>,
  mac: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  return crypto.subtle.verify(HMAC.name, key, mac, digest);
}
