import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { CopyId, MediumId, RentalId, ReturnId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { NOON, value } from '#test/support/media-story.ts';
import { enrol, FOUNDED, foundFleet } from '#test/support/test-fleet.ts';
import { freshIdentity } from './container/age-header.ts';
import { openHistory } from './history.ts';
import { appendJournal, JOURNAL_HALF, journalBytes, readJournal } from './journal.ts';
import { JOURNAL_FILE, SLOT_BYTES, STATE_BLOCK_BYTES, STATE_BYTES } from './layout.ts';
import { unpack } from './packed.ts';
import { signPlayerKey, verifyPlayerKey } from './player-key.ts';
import { leaveForNextVisit, openRecommendations, type Recommendations } from './recommendations.ts';
import { signJws, type VerifyOptions, verifyJws } from './signing.ts';
import { createSlot, markOf, openSlot, slotCheck, slotPattern } from './slot.ts';
import { slotMac, slotMacFits, slotProofKey } from './slot-proof.ts';
import { readState, type StateRecord, stateBlock } from './state-record.ts';

let fleet: FleetAuthority;
let kiosk: Signer;
let stranger: Signer;
let strangers: FleetAuthority;
const random = seededRandom('documents');
const id = <Id extends string>() => newId<Id>({ now: () => NOON }, random);
beforeAll(async () => {
  fleet = await foundFleet();
  strangers = await foundFleet();
  kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
  stranger = await enrol(strangers, 'kiosk-one', 'kiosk');
});

const schema = z.object({ amount: z.int() });
const OPTIONS: VerifyOptions<{ amount: number }> = {
  type: 'keyturn-quote',
  schema,
  roles: ['kiosk'],
  validAt: 'signed-at',
  maxBytes: 24_576,
};

describe('signatures', () => {
  it('MS-4: names the signer, its role and its certificate', async () => {
    const jws = await signJws('keyturn-quote', { amount: 5 }, kiosk, NOON);
    expect(jws.length).toBeLessThan(8000);
    expect(value(await verifyJws(jws, fleet.trust, OPTIONS))).toMatchObject({
      payload: { amount: 5 },
      signer: { id: 'kiosk-one', role: 'kiosk', signedAt: NOON },
    });
  });

  it('MS-4 SEC-1: a chain that holds is remembered for its own fleet only, and no other link of the same names with it', async () => {
    const jws = await signJws('keyturn-quote', { amount: 5 }, kiosk, NOON);
    const [own, ownIssuing] = kiosk.certificateChain;
    const [other, otherIssuing] = stranger.certificateChain;
    const codeOf = async (text: string, trust = fleet.trust) => {
      const verified = await verifyJws(text, trust, OPTIONS);
      return verified.ok ? 'ok' : verified.error.code;
    };
    const under = async (chain: readonly (Uint8Array | undefined)[]) =>
      signJws('keyturn-quote', { amount: 5 }, { ...kiosk, certificateChain: chain as Uint8Array[] }, NOON);
    expect(await codeOf(await signJws('keyturn-quote', { amount: 5 }, stranger, NOON), strangers.trust)).toBe(
      'ok',
    );
    for (let time = 0; time < 2; time += 1) {
      expect(await codeOf(jws)).toBe('ok');
      expect(await codeOf(jws, strangers.trust)).toBe('certificate_foreign');
      expect(await codeOf(await under([own, otherIssuing]))).toBe('certificate_foreign');
      expect(await codeOf(await under([other, ownIssuing]))).toBe('certificate_foreign');
      expect(await codeOf(await under([own, ownIssuing]))).toBe('ok');
    }
  });

  it('MS-4: each refusal has its code', async () => {
    const jws = await signJws('keyturn-quote', { amount: 5 }, kiosk, NOON);
    const foreign = await signJws('keyturn-quote', { amount: 5 }, stranger, NOON);
    const late = await signJws('keyturn-quote', { amount: 5 }, kiosk, epochMs(FOUNDED + 91 * 86_400_000));
    const [header, , signature] = jws.split('.');
    const forged = `${header}.${Buffer.from('{"amount":1}').toString('base64url')}.${signature}`;
    const codeOf = async (text: string, changes: Partial<typeof OPTIONS> = {}) => {
      const verified = await verifyJws(text, fleet.trust, { ...OPTIONS, ...changes });
      return verified.ok ? 'ok' : verified.error.code;
    };
    expect(await codeOf(foreign)).toBe('certificate_foreign');
    expect(await codeOf(forged)).toBe('signature_invalid');
    expect(await codeOf(late)).toBe('certificate_expired');
    expect(await codeOf(jws, { validAt: epochMs(FOUNDED + 91 * 86_400_000) })).toBe('certificate_expired');
    expect(await codeOf(jws, { roles: ['hub'] })).toBe('wrong_role');
    expect(await codeOf(jws, { type: 'keyturn-receipt' })).toBe('malformed');
    expect(await codeOf(jws, { schema: z.object({ amount: z.literal(6) }) as never })).toBe('malformed');
    expect(await codeOf(jws, { maxBytes: 100 })).toBe('malformed');
    expect(await codeOf('')).toBe('malformed');
  });

  it('MS-4: a header with extensions that must be understood is refused, and so are letters that base64url does not have', async () => {
    const jws = await signJws('keyturn-quote', { amount: 5 }, kiosk, NOON);
    const [header = '', payload, signature] = jws.split('.');
    const codeOf = async (text: string) => {
      const verified = await verifyJws(text, fleet.trust, OPTIONS);
      return verified.ok ? 'ok' : verified.error.code;
    };
    const signedWith = async (more: object) => {
      const fields = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), ...more };
      const signed = `${Buffer.from(JSON.stringify(fields)).toString('base64url')}.${payload}`;
      return `${signed}.${Buffer.from(await kiosk.sign(Buffer.from(signed))).toString('base64url')}`;
    };
    expect(await codeOf(await signedWith({ note: 1 }))).toBe('ok');
    expect(await codeOf(await signedWith({ crit: ['b64'], b64: false }))).toBe('malformed');
    // 256 bytes leave four bits of the last letter unused: `A` and `B` there are the same signature.
    const bits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const sameBytes = `${jws.slice(0, -1)}${bits[bits.indexOf(jws.at(-1) ?? '') + 1]}`;
    const bytesOf = (text: string) => Buffer.from(text.slice(text.lastIndexOf('.') + 1), 'base64url');
    expect(bytesOf(sameBytes)).toEqual(bytesOf(jws));
    for (const text of [
      sameBytes,
      `${jws}=`,
      `${jws}!`,
      `${jws}\n`,
      `${header}.${payload}.!${signature}`,
      `${jws}.`,
    ])
      expect(await codeOf(text)).toBe('signature_invalid');
  });

  it('MS-4: a device cannot issue: a chain through a device certificate is foreign', async () => {
    const chain = [kiosk.certificateChain[0], kiosk.certificateChain[0]].filter((der) => der !== undefined);
    const jws = await signJws('keyturn-quote', { amount: 5 }, { ...kiosk, certificateChain: chain }, NOON);
    expect(await verifyJws(jws, fleet.trust, OPTIONS)).toMatchObject({
      error: { code: 'certificate_foreign' },
    });
  });

  it('MS-3: any change of any character is refused and nothing crashes', async () => {
    const jws = await signJws('keyturn-quote', { amount: 5 }, kiosk, NOON);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(jws.length - 1),
        fc.string({ minLength: 1, maxLength: 3 }),
        async (at, text) => {
          const changed = jws.slice(0, at) + text + jws.slice(at + text.length);
          const verified = await verifyJws(changed, fleet.trust, OPTIONS);
          if (verified.ok) expect(verified.value.payload).toEqual({ amount: 5 });
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });
});

describe('slot', () => {
  it('MS-8: has one size whatever the binding, opens for its reader only', async () => {
    const key = await freshIdentity();
    const player = await freshIdentity();
    const other = await freshIdentity();
    const bare = await createSlot(key.identity, 'none', []);
    const bound = await createSlot(key.identity, 'players', [player.recipient]);
    const two = await createSlot(key.identity, 'players', [player.recipient, other.recipient]);
    expect([bare.length, bound.length, two.length]).toEqual([SLOT_BYTES, SLOT_BYTES, SLOT_BYTES]);
    expect(value(await openSlot(bare, null))).toBe(key.identity);
    expect(value(await openSlot(bound, player.identity))).toBe(key.identity);
    expect(value(await openSlot(two, other.identity))).toBe(key.identity);
    expect(await openSlot(bound, other.identity)).toMatchObject({
      error: { code: 'slot_not_for_this_player' },
    });
    expect(await openSlot(bound, null)).toMatchObject({ error: { code: 'slot_not_for_this_player' } });
  });

  it('MS-9: a slot bound to one player has as many recipients as one bound to eight', async () => {
    const key = await freshIdentity();
    const stanzas = (slot: Uint8Array) =>
      Buffer.from(slot)
        .toString('latin1')
        .match(/-> X25519 /g)?.length;
    const players = await Promise.all(Array.from({ length: 8 }, freshIdentity));
    expect(stanzas(await createSlot(key.identity, 'players', [players[0]?.recipient ?? '']))).toBe(8);
    expect(
      stanzas(
        await createSlot(
          key.identity,
          'players',
          players.map((player) => player.recipient),
        ),
      ),
    ).toBe(8);
  });

  it('MS-10 RET-7: the proof fits its slot, rental, nonce and return only; the check in the licence is another value', async () => {
    const slot = await createSlot((await freshIdentity()).identity, 'none', []);
    const [rental, other] = [id<RentalId>(), id<RentalId>()];
    const [first, second] = [id<ReturnId>(), id<ReturnId>()];
    const key = slotProofKey(slot, rental);
    const mac = slotMac(key, 'nonce', first);
    expect(slotMacFits(key, 'nonce', first, mac)).toBe(true);
    expect(slotMacFits(key, 'nonce', second, mac)).toBe(false);
    expect(slotMacFits(key, 'other', first, mac)).toBe(false);
    expect(slotMacFits(slotProofKey(slot, other), 'nonce', first, mac)).toBe(false);
    expect(slotMacFits(key, 'nonce', first, '')).toBe(false);
    expect(slotCheck(slot)).not.toBe(Buffer.from(key, 'base64url').toString('hex'));
  });

  it('MS-11: a pattern is known only where it fills the whole slot, and is never a key', async () => {
    const copy = id<CopyId>();
    const pattern = slotPattern('DESTROYED', copy);
    expect(markOf(pattern)).toEqual({ mark: 'DESTROYED', id: copy });
    expect(await openSlot(pattern, null)).toMatchObject({ error: { code: 'slot_destroyed' } });
    const torn = Uint8Array.from(pattern);
    torn[4000] = 0;
    expect(markOf(torn)).toBe(null);
  });

  it('MS-3: hostile slots never crash', async () => {
    const { identity } = await freshIdentity();
    const slot = await createSlot(identity, 'players', [(await freshIdentity()).recipient]);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(SLOT_BYTES - 300),
        fc.uint8Array({ maxLength: 300, minLength: 1 }),
        async (at, noise) => {
          const hostile = Uint8Array.from(slot);
          hostile.set(noise, at);
          await openSlot(hostile, identity);
          markOf(hostile);
        },
      ),
      { seed: 6, numRuns: 200 },
    );
  });
});

const aRecord = (copyId: CopyId, sequence: number): StateRecord => ({
  version: 1,
  sequence,
  state: 'ACTIVE',
  copyId,
  rentalId: id<RentalId>(),
  mediumId: id<MediumId>(),
  session: '0'.repeat(32),
  at: NOON,
  terminal: 'kiosk-one',
  startedAt: null,
  returning: null,
});

describe('state', () => {
  it('MS-12: the higher valid sequence counts; a torn newer block leaves the older one', async () => {
    const copyId = id<CopyId>();
    const file = new Uint8Array(STATE_BYTES);
    file.set(await stateBlock(aRecord(copyId, 4), kiosk), 0);
    file.set(await stateBlock(aRecord(copyId, 5), kiosk), STATE_BLOCK_BYTES);
    expect(await readState(file, copyId, fleet.trust)).toMatchObject({
      current: { sequence: 5 },
      nextBlock: 0,
    });
    file.fill(0, STATE_BLOCK_BYTES + 512, STATE_BLOCK_BYTES + 1024);
    expect(await readState(file, copyId, fleet.trust)).toMatchObject({
      current: { sequence: 4 },
      nextBlock: 1,
    });
  });

  it('MS-12: a state of another fleet, another copy or another terminal’s name does not count', async () => {
    const copyId = id<CopyId>();
    const read = async (block: Uint8Array) => (await readState(block, copyId, fleet.trust)).current;
    expect(await read(await stateBlock(aRecord(copyId, 1), stranger))).toBe(null);
    expect(await read(await stateBlock(aRecord(id<CopyId>(), 1), kiosk))).toBe(null);
    expect(await read(await stateBlock({ ...aRecord(copyId, 1), terminal: 'kiosk-two' }, kiosk))).toBe(null);
  });

  it('MS-13: a packed record fits its block with room to spare; hostile blocks never crash', async () => {
    const block = await stateBlock(
      { ...aRecord(id<CopyId>(), 0xffff_ffff), state: 'DESTROYED', startedAt: NOON },
      kiosk,
    );
    expect(Buffer.from(block).lastIndexOf(Buffer.from([0x30])) + 700).toBeLessThan(STATE_BLOCK_BYTES);
    fc.assert(
      fc.property(fc.nat(200), fc.uint8Array({ maxLength: 60 }), (at, noise) => {
        const hostile = Uint8Array.from(block);
        hostile.set(noise, at);
        unpack(hostile);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});

describe('journal', () => {
  it('MS-15: appends a chain, turns over with a checkpoint, and survives a torn last entry', async () => {
    const medium = memoryMedium('m');
    const mounted = await medium.open();
    value(await mounted.makeDirectory('KEYTURN'));
    for (let count = 1; count <= JOURNAL_HALF + 3; count += 1)
      value(
        await appendJournal(mounted, kiosk, fleet.trust, NOON, {
          kind: 'copy_written',
          copyId: id<CopyId>(),
        }),
      );
    const bytes = medium.files.get(JOURNAL_FILE) ?? new Uint8Array(0);
    expect(bytes.length).toBe(journalBytes);
    const { entries, next } = await readJournal(bytes, fleet.trust);
    expect(entries.map((entry) => entry.kind)).toEqual([
      'checkpoint',
      'copy_written',
      'copy_written',
      'copy_written',
    ]);
    expect(entries[0]?.replaced).toBe(JOURNAL_HALF);
    bytes.fill(0, (next.block - 1) * 4096 + 600, (next.block - 1) * 4096 + 700);
    const torn = await readJournal(bytes, fleet.trust);
    expect(torn.entries).toHaveLength(3);
    expect(torn.next.block).toBe(next.block - 1);
  });
});

describe('left for the next visit', () => {
  it('RET-6 MS-16: recommendations and history open for the fleet’s key and the player, for nobody else', async () => {
    const [fleetKey, player, nobody] = await Promise.all([freshIdentity(), freshIdentity(), freshIdentity()]);
    const medium = memoryMedium('m');
    const mounted = await medium.open();
    value(await mounted.makeDirectory('KEYTURN'));
    const recommendations: Recommendations = {
      version: 1,
      memberToken: 'mt_0123456789abcdefghijkl',
      madeAt: NOON,
      terminal: 'kiosk-one',
      titles: [{ titleId: id(), reason: { code: 'because_you_liked', titleId: id(), genre: null } }],
    };
    const history = {
      version: 1,
      memberToken: recommendations.memberToken,
      madeAt: NOON,
      entries: [],
    } as const;
    const deps = { signer: kiosk, trust: fleet.trust, clock: { now: () => NOON } } as never;
    const recipients = [fleetKey.recipient, player.recipient];
    value(await leaveForNextVisit(deps, mounted, recipients, { recommendations, history }));
    const file = medium.files.get('KEYTURN/recommendations.age') ?? new Uint8Array(0);
    for (const reader of [fleetKey, player])
      expect(value(await openRecommendations(file, reader.identity, fleet.trust)).payload).toEqual(
        recommendations,
      );
    expect(await openRecommendations(file, nobody.identity, fleet.trust)).toMatchObject({
      error: { code: 'sealed_for_others' },
    });
    expect(await openRecommendations(file, fleetKey.identity, strangers.trust)).toMatchObject({
      error: { code: 'certificate_foreign' },
    });
    expect(Buffer.from(file).includes('because_you_liked')).toBe(false);
    const past = medium.files.get('KEYTURN/history.age') ?? new Uint8Array(0);
    expect(value(await openHistory(past, player.identity, fleet.trust)).payload).toEqual(history);
    expect(await openHistory(Buffer.from('noise'), player.identity, fleet.trust)).toMatchObject({
      error: { code: 'malformed' },
    });
  });

  it('PLY-1 MS-18: a player’s public key is signed by the key it names', async () => {
    const { privateKey } = await crypto.subtle
      .generateKey('Ed25519', true, ['sign', 'verify'])
      .then((pair) => pair as CryptoKeyPair);
    const jwk = (await crypto.subtle.exportKey('jwk', privateKey)) as never;
    const { recipient } = await freshIdentity();
    const payload = {
      version: 1,
      playerId: 'living-room',
      recipient,
      name: 'Living room',
      createdAt: NOON,
    } as const;
    const jws = await signPlayerKey(payload, jwk);
    expect(value(await verifyPlayerKey(jws))).toEqual({ ...payload, signingKey: (jwk as { x: string }).x });
    const [header, , signature] = jws.split('.');
    const forged = Buffer.from(JSON.stringify({ ...payload, name: 'x' })).toString('base64url');
    expect(await verifyPlayerKey(`${header}.${forged}.${signature}`)).toMatchObject({
      error: { code: 'signature_invalid' },
    });
    expect(await verifyPlayerKey('nonsense')).toMatchObject({ ok: false });
  });
});
