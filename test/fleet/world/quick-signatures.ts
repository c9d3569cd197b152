import { createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { parseCertificate } from '#shared/media/certificate.ts';
import type { Signer } from '#shared/ports/signer.ts';

/** As long as PS256 makes them with the fleet's keys, so that nothing has another size. */
const BYTES = 256;
/** This process signs; no other one's signatures fit. */
const secret = randomBytes(32);
/** Whether worlds sign quickly now; `runSeed` says so for each. */
const state = { quick: false };

export const signQuickly = (quick: boolean): void => {
  state.quick = quick;
};

const keyText = (key: KeyObject): string => key.export({ type: 'spki', format: 'der' }).toString('latin1');

/** A keyed hash of key and bytes: whoever changes one bit of either, or signs with another device's key, is refused as by PS256. */
function mark(key: string, bytes: Uint8Array): Buffer {
  const hash = createHmac('sha256', secret).update(key, 'latin1').update(bytes).digest();
  return Buffer.concat(Array.from({ length: BYTES / hash.length }, () => hash));
}

/** Signs as `signer` while worlds sign quickly, and with its true key otherwise. */
export function quickly(signer: Signer): Signer {
  return {
    id: signer.id,
    role: signer.role,
    // Asked each time: a rotation changes it.
    get certificateChain() {
      return signer.certificateChain;
    },
    sign: async (bytes) => {
      const own = state.quick ? keyOf(signer.certificateChain[0]) : null;
      return own === null ? signer.sign(bytes) : mark(own, bytes);
    },
  };
}

const keys = new WeakMap<Uint8Array, string>();
function keyOf(certificate: Uint8Array | undefined): string | null {
  if (certificate === undefined) return null;
  const known = keys.get(certificate);
  if (known !== undefined) return known;
  const parsed = parseCertificate(certificate);
  if (parsed === null) return null;
  const text = keyText(parsed.publicKey);
  keys.set(certificate, text);
  return text;
}

/** Null: not a quick signature; the true algorithm has to judge it. */
export const quickVerdict = (key: KeyObject, signature: Uint8Array, bytes: Uint8Array): true | null =>
  state.quick && mark(keyTextOf(key), bytes).equals(signature) ? true : null;

const texts = new WeakMap<KeyObject, string>();
function keyTextOf(key: KeyObject): string {
  const known = texts.get(key) ?? keyText(key);
  texts.set(key, known);
  return known;
}
