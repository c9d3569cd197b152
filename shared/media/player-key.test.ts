import { generateKeyPairSync, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { verifyPlayerKey } from './player-key.ts';

const NOON = Date.UTC(2026, 10, 22, 12);

test('MS-18: of a player’s document exactly one text counts: EdDSA by the public key in its header, nothing critical, no other letters', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { kty, crv, x } = publicKey.export({ format: 'jwk' }) as { kty: 'OKP'; crv: 'Ed25519'; x: string };
  const { d } = privateKey.export({ format: 'jwk' }) as { d: string };
  const payload = {
    ...{ version: 1, playerId: 'home-one', name: 'Living room', createdAt: NOON },
    recipient: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
  } as const;
  const plain = { alg: 'EdDSA', typ: 'keyturn-player', jwk: { kty, crv, x } };
  const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = (header: object): string => {
    const text = `${encoded(header)}.${encoded(payload)}`;
    return `${text}.${sign(null, Buffer.from(text), privateKey).toString('base64url')}`;
  };
  const codeOf = async (jws: string) => {
    const read = await verifyPlayerKey(jws);
    return read.ok ? 'counts' : read.error.code;
  };
  const good = signed(plain);
  expect(await codeOf(good)).toBe('counts');
  const another = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }) as { x: string };
  const refused = [
    signed({ ...plain, alg: 'ES256' }),
    signed({ ...plain, alg: 'none' }),
    signed({ ...plain, crit: ['b64'], b64: true }),
    signed({ ...plain, jwk: { kty, crv, x, d } }),
    signed({ ...plain, jwk: { kty, crv: 'X25519', x } }),
    signed({ ...plain, jwk: { kty, crv, x: another.x } }),
    signed({ alg: 'EdDSA', typ: 'keyturn-player' }),
    `${good}=`,
    `${good} `,
    `${good}.`,
    `${good.slice(0, -1)}${String.fromCharCode(good.charCodeAt(good.length - 1) + 1)}`,
    good.slice(0, -1),
  ];
  expect(await Promise.all(refused.map(codeOf))).toEqual(refused.map(() => 'signature_invalid'));
  expect(await codeOf(signed({ ...plain, typ: 'keyturn-openings' }))).toBe('malformed');
  expect(await codeOf(signed({ alg: 'EdDSA', jwk: plain.jwk }))).toBe('malformed');
});
