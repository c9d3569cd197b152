import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
} from 'node:crypto';
import { assert } from '#shared/kernel/assert.ts';
import { CONTROLLER_FRAME_BYTES } from '#shared/ports/media-drive.ts';

/**
 * The channel between a host (terminal or player) and a medium's controller, for both ends (SPEC MS-20, MS-21). Pattern: SIGMA-I (Krawczyk 2003) in
 * the manner of TLS 1.3: ephemeral X25519 (RFC 7748), HKDF-SHA-256 over the transcript (RFC 8446 §7.1), signatures over context string
 * and transcript (§4.4.3), AES-256-GCM records whose nonce is the direction's IV XOR its counter (§5.3).
 */
const PROTOCOL = 'keyturn/medium-channel/1';
export const CHANNEL_VERSION = 1;

/** First byte of a message; an answer begins with the byte of its question, or with `refused`. */
export const FRAME = {
  ...{ hello: 0x01, identify: 0x02, record: 0x03 },
  /** MS-33: of a controller that has no certificate yet. */
  ...{ blank: 0x04, install: 0x05 },
  refused: 0x7f,
} as const;
export type FrameKind = keyof typeof FRAME;
/** Second byte of a refusal. */
export const REFUSALS = ['malformed', 'no_session', 'caller_refused', 'certified', 'blank'] as const;
export type ChannelRefusal = (typeof REFUSALS)[number];

export const EPHEMERAL_BYTES = 32;
const GCM_TAG_BYTES = 16;
const KEY_BYTES = 32;
const IV_BYTES = 12;
/** hello: kind, version, ephemeral key; in the answer the sealed identity follows. */
export const HELLO_BYTES = 2 + EPHEMERAL_BYTES;

export interface Frame {
  readonly kind: FrameKind;
  readonly body: Uint8Array;
}

/** Takes a message apart; null for whatever is not one, of any bytes and length. */
export function readFrame(bytes: Uint8Array): Frame | null {
  if (bytes.length < 2 || bytes.length > CONTROLLER_FRAME_BYTES) return null;
  const kind = (Object.keys(FRAME) as FrameKind[]).find((name) => FRAME[name] === bytes[0]);
  if (kind === undefined) return null;
  if (kind === 'hello' && (bytes.length < HELLO_BYTES || bytes[1] !== CHANNEL_VERSION)) return null;
  if (kind === 'refused' && bytes.length !== 2) return null;
  return { kind, body: bytes.subarray(1) };
}

export function frame(kind: FrameKind, body: Uint8Array): Uint8Array {
  assert(body.length < CONTROLLER_FRAME_BYTES, 'a message of the channel has its bound');
  return Buffer.concat([Uint8Array.of(FRAME[kind]), body]);
}

export const refusal = (reason: ChannelRefusal): Uint8Array =>
  Uint8Array.of(FRAME.refused, REFUSALS.indexOf(reason));

export const refusalOf = (body: Uint8Array): ChannelRefusal => REFUSALS[body[0] ?? 0] ?? 'malformed';

export interface Ephemeral {
  readonly publicKey: Uint8Array;
  /** The shared secret, or null for a key that is none (RFC 7748 §6.1: an all-zero secret is refused by OpenSSL). */
  agree(peer: Uint8Array): Uint8Array | null;
}

/** A key for one handshake, from node:crypto's own generator; it never leaves the closure. */
export function ephemeral(): Ephemeral {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
    agree: (peer) => {
      const x = Buffer.from(peer).toString('base64url');
      try {
        const key = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
        return diffieHellman({ privateKey, publicKey: key });
      } catch {
        return null;
      }
    },
  };
}

/** Hash over everything said so far: each step takes the hash before it and the new bytes. */
export const transcript = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/**
 * What an end signs: 64 spaces and a context string keep it apart from every document of the fleet (a JWS begins with `eyJ`) and from the other
 * end's signature; then the transcript and the signer's own identity.
 */
export const signedText = (end: 'controller' | 'host', said: Uint8Array, identity: Uint8Array): Uint8Array =>
  Buffer.concat([
    Buffer.alloc(64, 0x20),
    Buffer.from(`${PROTOCOL} ${end}\0`, 'ascii'),
    transcript(said, identity),
  ]);

/** One direction of the channel: a record opens once, at its place, or never. */
export interface Direction {
  seal(kind: FrameKind, text: Uint8Array): Uint8Array;
  /** Null: not from the other end, not whole, or not the next one. */
  open(kind: FrameKind, sealed: Uint8Array): Uint8Array | null;
}

export interface Directions {
  readonly fromHost: Direction;
  readonly fromController: Direction;
}

/** Keys of a phase: `handshake` protects the identities, `traffic` (salted with the whole handshake) the commands. */
export const directions = (
  secret: Uint8Array,
  said: Uint8Array,
  phase: 'handshake' | 'traffic',
): Directions => ({
  fromHost: direction(secret, said, `${PROTOCOL} ${phase} host`),
  fromController: direction(secret, said, `${PROTOCOL} ${phase} controller`),
});

function direction(secret: Uint8Array, said: Uint8Array, label: string): Direction {
  const material = Buffer.from(hkdfSync('sha256', secret, said, label, KEY_BYTES + IV_BYTES));
  const key = material.subarray(0, KEY_BYTES);
  const iv = material.subarray(KEY_BYTES);
  let counter = 0n;
  const nonce = (): Uint8Array => {
    const next = Buffer.from(iv);
    next.writeBigUInt64BE(next.readBigUInt64BE(IV_BYTES - 8) ^ counter, IV_BYTES - 8);
    counter += 1n;
    return next;
  };
  return {
    seal: (kind, text) => {
      const cipher = createCipheriv('aes-256-gcm', key, nonce());
      cipher.setAAD(Uint8Array.of(FRAME[kind]));
      return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
    },
    open: (kind, sealed) => {
      if (sealed.length < GCM_TAG_BYTES) return null;
      const decipher = createDecipheriv('aes-256-gcm', key, nonce(), { authTagLength: GCM_TAG_BYTES });
      decipher.setAAD(Uint8Array.of(FRAME[kind]));
      decipher.setAuthTag(sealed.subarray(sealed.length - GCM_TAG_BYTES));
      try {
        const text = decipher.update(sealed.subarray(0, sealed.length - GCM_TAG_BYTES));
        return Buffer.concat([text, decipher.final()]);
      } catch {
        return null;
      }
    },
  };
}

/** Byte strings, each after its 16-bit length. */
export const packFields = (fields: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat(
    fields.flatMap((field) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(field.length);
      return [length, field];
    }),
  );

/** The fields of `packFields`, exactly `count` of them and nothing behind; null for anything else. */
export function unpackFields(bytes: Uint8Array, count: number): readonly Uint8Array[] | null {
  const fields: Uint8Array[] = [];
  let at = 0;
  while (fields.length < count) {
    if (at + 2 > bytes.length) return null;
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (at + 2 + length > bytes.length) return null;
    fields.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return at === bytes.length ? fields : null;
}
