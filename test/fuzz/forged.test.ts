import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { assert } from '#shared/kernel/assert.ts';
import { mediumIdentitySchema } from '#shared/media/medium-identity.ts';
import { DOCUMENT_TYPES, type FleetTrust, fleetTrust, signJws, verifyJws } from '#shared/media/signing.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { value } from '#test/support/media-story.ts';
import { enrol, FOUNDED, foundFleet } from '#test/support/test-fleet.ts';
import { fuzz } from './campaign.ts';
import type { Chance } from './chance.ts';
import { nearText } from './mutate.ts';
import { refusal } from './oracle.ts';

/** Documents forged in their structure: what libraries for signed documents have fallen for. The signature is always somebody's, never right. */
const RUNS = 20_000;
const PAYLOAD = {
  version: 1,
  mediumId: '0199d0c8-1c00-7000-8000-000000000001',
  fleetId: '0'.repeat(32),
  issuedAt: FOUNDED,
  accessKey: 'access-key-0123456789',
  mediumClass: 'plain',
  terminal: 'kiosk-1',
};
const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
let trust: FleetTrust;
let genuine: { header: Record<string, unknown>; payload: string; signature: string; whole: string };
let foreign: { header: Record<string, unknown>; whole: string };

const parts = (jws: string) => {
  const [header = '', payload = '', signature = ''] = jws.split('.');
  return {
    header: JSON.parse(Buffer.from(header, 'base64url').toString()) as Record<string, unknown>,
    payload,
    signature,
    whole: jws,
  };
};

beforeAll(async () => {
  const fleet = await foundFleet();
  const other = await foundFleet();
  trust = value(fleetTrust(fleet.rootPem));
  const made = async (signer: Signer) => parts(await signJws('keyturn-medium', PAYLOAD, signer, FOUNDED));
  genuine = await made(await enrol(fleet, 'kiosk-1', 'kiosk'));
  foreign = await made(await enrol(other, 'kiosk-1', 'kiosk'));
});

const encoded = (text: string): string => Buffer.from(text).toString('base64url');

/** One of the header's tricks, as text: what JSON objects cannot say (a field twice) too. */
function forgedHeader(chance: Chance): string {
  const header: Record<string, unknown> = { ...genuine.header };
  const tricks: readonly (() => string | null)[] = [
    () =>
      set(
        'alg',
        chance.pick([
          'none',
          'None',
          'NONE',
          '',
          'HS256',
          'HS512',
          'RS256',
          'ES256',
          'EdDSA',
          'PS1',
          null,
          0,
          ['PS256'],
        ]),
      ),
    () => set('typ', chance.pick([...DOCUMENT_TYPES, 'JWT', 'keyturn-player', '', null, 'KEYTURN-MEDIUM'])),
    () =>
      set(
        'x5c',
        chance.pick<unknown>([foreign.header['x5c'], [], null, '', [''], [1], {}, Array(500).fill('AA==')]),
      ),
    () => set('x5t#S256', chance.pick([foreign.header['x5t#S256'], '', null, encoded('x')])),
    () => set('jwk', own.publicKey.export({ format: 'jwk' })),
    () => set('jku', 'https://evil.example/keys'),
    () => set('kid', '../../../../dev/null'),
    () => set('zip', 'DEF'),
    () => set('crit', chance.pick<unknown>([['exp'], ['b64'], [], 'b64', ['alg'], [1]])),
    () => {
      header['b64'] = false;
      return set('crit', ['b64']);
    },
    () =>
      set(
        'signedAt',
        chance.pick([0, -1, 2 ** 53, 8_640_000_000_000_001, 0.5, '0', null, FOUNDED - 1, FOUNDED * 2]),
      ),
    () => JSON.stringify(header).replace('{', `{"alg":"${chance.pick(['none', 'HS256'])}",`),
    () => JSON.stringify(header).replace(/}$/, `,"alg":"${chance.pick(['none', 'HS256', 'PS512'])}"}`),
    () => JSON.stringify(header).replace('{', '{"__proto__":{"alg":"none"},'),
    () => JSON.stringify([header]),
    () => ' '.repeat(3) + JSON.stringify(header),
    () => nearText(chance, JSON.stringify(header)),
  ];
  const set = (name: string, to: unknown): null => {
    header[name] = to;
    return null;
  };
  return chance.pick(tricks)() ?? JSON.stringify(header);
}

function forgedPayload(chance: Chance): string {
  if (!chance.once(3)) return genuine.payload;
  if (chance.once(3)) return encoded(genuine.whole);
  return encoded(JSON.stringify({ ...PAYLOAD, accessKey: 'access-key-of-the-thief' }));
}

function signatureFor(chance: Chance, input: string): string {
  switch (chance.below(6)) {
    case 0:
      return '';
    case 1:
      return createHmac('sha256', trust.root.toString()).update(input).digest('base64url');
    case 2:
      return chance.once(4)
        ? sign('sha256', Buffer.from(input), { key: own.privateKey, padding: 6, saltLength: 32 }).toString(
            'base64url',
          )
        : genuine.signature;
    case 3:
      return `${genuine.signature}${chance.pick(['=', 'A', '.', '.e30'])}`;
    default:
      return genuine.signature;
  }
}

describe('forged documents', () => {
  it('SEC-4 SEC-8: a document forged in its structure is refused with its code, and the genuine one is read', async () => {
    const { executions, verdicts } = await fuzz({
      name: 'forged document',
      runs: RUNS,
      accepted: 50,
      refused: RUNS - 1000,
      input: (chance) => {
        if (chance.once(100)) return genuine.whole;
        const input = `${encoded(forgedHeader(chance))}.${forgedPayload(chance)}`;
        return `${input}.${signatureFor(chance, input)}`;
      },
      judge: async (jws) => {
        const read = await verifyJws(jws, trust, {
          type: 'keyturn-medium',
          schema: mediumIdentitySchema,
          roles: ['kiosk'],
          validAt: 'signed-at',
          maxBytes: 16_384,
        });
        if (!read.ok) return refusal(read.error);
        assert(jws === genuine.whole, 'a document that nobody signed');
        return 'accepted';
      },
    });
    expect(executions).toBe(RUNS);
    for (const code of ['malformed', 'signature_invalid', 'certificate_foreign'])
      expect([code, (verdicts.get(code) ?? 0) > 50]).toEqual([code, true]);
  });
});
