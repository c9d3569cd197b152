import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { CopyId, MediumId, TitleId } from '#shared/kernel/ids.ts';
import type { Result } from '#shared/kernel/result.ts';
import { freshIdentity, headerLength, openHeader } from '#shared/media/container/age-header.ts';
import { openHistory } from '#shared/media/history.ts';
import { LIMITS } from '#shared/media/layout.ts';
import {
  readOpenings,
  readPlayerReport,
  signOpenings,
  signPlayerKey,
  signPlayerReport,
  verifyPlayerKey,
} from '#shared/media/player-key.ts';
import { openRecommendations } from '#shared/media/recommendations.ts';
import { sealDocument } from '#shared/media/sealed-document.ts';
import { createSlot, openSlot } from '#shared/media/slot.ts';
import { newId } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { NOON, value } from '#test/support/media-story.ts';
import { aPlayerKey } from '#test/support/secure-medium.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { expectCleanPrototypes, fuzz } from './campaign.ts';
import { mutateBytes } from './mutate.ts';
import { refusal } from './oracle.ts';

/** What stands on a medium beside the copies' plain files: documents of players, sealed files, the slot of a copy that is bound to players. */
type Read = (bytes: Uint8Array) => Promise<Result<unknown, { code: string; message: string }>>;
interface Target {
  readonly bytes: Uint8Array;
  readonly read: Read;
}
const random = seededRandom('beside the copies');
const id = <Id extends string>() => newId<Id>(simulatedClock(NOON), random);
const BITS = [1, 2, 4, 8, 16, 32, 64, 128] as const;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

let fleet: FleetAuthority;
let kiosk: Signer;
let reader: Awaited<ReturnType<typeof freshIdentity>>;
let stranger: string;
let targets: Record<'player' | 'openings' | 'report' | 'recommendations' | 'history' | 'slot', Target>;
beforeAll(async () => {
  fleet = await foundFleet();
  kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
  reader = await freshIdentity();
  stranger = (await freshIdentity()).identity;
  const key = aPlayerKey();
  const playerId = 'player-one';
  const sitting = { copyId: id<CopyId>(), mediumId: id<MediumId>(), from: NOON, until: NOON };
  const { mediumId, ...opening } = sitting;
  const document = async (
    jws: Promise<string>,
    read: (jws: string) => ReturnType<Read>,
  ): Promise<Target> => ({
    bytes: Buffer.from(await jws, 'latin1'),
    read: (bytes) => read(text(bytes)),
  });
  const member = { version: 1, memberToken: 'mt_0123456789abcdefghijkl', madeAt: NOON } as const;
  const reason = { code: 'same_genre', titleId: null, genre: 'drama' };
  const titleId = id<TitleId>();
  const recommendations = { ...member, terminal: 'kiosk-one', titles: [{ titleId, reason }] };
  const history = { ...member, entries: [{ titleId, returnedAt: NOON, stars: 5 }] };
  const sealed = (type: 'keyturn-recommendations' | 'keyturn-history', payload: object) =>
    sealDocument(type, payload, [reader.recipient], kiosk, NOON);
  const slot = await createSlot((await freshIdentity()).identity, 'players', [reader.recipient]);
  targets = {
    player: await document(
      signPlayerKey(
        { version: 1, playerId, recipient: reader.recipient, name: 'Sofa', createdAt: NOON },
        key,
      ),
      verifyPlayerKey,
    ),
    openings: await document(
      signOpenings({ version: 1, playerId, mediumId, openings: [opening] }, key),
      readOpenings,
    ),
    report: await document(
      signPlayerReport(
        { version: 1, playerId, nonce: 'a1'.repeat(16), at: NOON, wantsCode: true, openings: [sitting] },
        key,
      ),
      readPlayerReport,
    ),
    recommendations: {
      bytes: await sealed('keyturn-recommendations', recommendations),
      read: (bytes) => openRecommendations(bytes, reader.identity, fleet.trust),
    },
    history: {
      bytes: await sealed('keyturn-history', history),
      read: (bytes) => openHistory(bytes, reader.identity, fleet.trust),
    },
    slot: { bytes: slot, read: (bytes) => openSlot(bytes, reader.identity) },
  };
});

/** Reads `changed`: what the genuine one says and nothing else, or a stable code. */
async function judged({ bytes, read }: Target, changed: Uint8Array): Promise<string> {
  const found = await read(changed);
  if (!found.ok) return refusal(found.error);
  assert(
    JSON.stringify(found.value) === JSON.stringify(value(await read(bytes))),
    'accepted, and it says something else',
  );
  return 'accepted';
}

/** Every byte of the file with each of the patterns that are tried at its place; answers how many were read as the same. */
async function flipped(target: Target, patternsAt: (at: number) => readonly number[]): Promise<number> {
  let same = 0;
  for (let at = 0; at < target.bytes.length; at += 1)
    for (const pattern of patternsAt(at)) {
      const changed = Buffer.from(target.bytes);
      changed[at] = (changed[at] ?? 0) ^ pattern;
      const found = await judged(target, changed).catch((error: unknown) => {
        throw new Error(`byte ${at}, pattern ${pattern}`, { cause: error });
      });
      if (found === 'accepted') same += 1;
    }
  expectCleanPrototypes();
  return same;
}

async function cut(target: Target, every: number): Promise<void> {
  for (let length = 0; length < target.bytes.length; length += every)
    assert(
      (await judged(target, target.bytes.subarray(0, length))) !== 'accepted',
      `cut at ${length} and read`,
    );
}

const DOCUMENTS = ['player', 'openings', 'report'] as const;
const SEALED = ['recommendations', 'history', 'slot'] as const;

describe('documents of players', () => {
  it.each(DOCUMENTS)(
    'MS-3 PLY-1 SEC-8: %s with any one bit changed is refused or means the same, cut at any length it is refused',
    async (name) => {
      // The last character of a part in base64url has bits that mean nothing.
      expect(await flipped(targets[name], () => BITS)).toBeLessThan(24);
      await cut(targets[name], 1);
    },
  );

  it.each(DOCUMENTS)(
    'MS-3 PLY-1 SEC-8: %s spliced and cut in 20,000 ways is refused or means the same',
    async (name) => {
      const others = DOCUMENTS.map((each) => targets[each].bytes);
      const { executions } = await fuzz({
        name: `player ${name}`,
        runs: 20_000,
        accepted: 0,
        refused: 15_000,
        input: (chance) => mutateBytes(chance, targets[name].bytes, chance.pick(others)),
        judge: (bytes) => judged(targets[name], bytes),
      });
      expect(executions).toBeGreaterThanOrEqual(20_000);
    },
  );
});

describe('sealed files', () => {
  it.each(SEALED)(
    'MS-3 MS-8 MS-16 SEC-8: %s with any one byte changed is refused, and so is it cut',
    async (name) => {
      const target = targets[name];
      const header = headerLength(target.bytes) ?? 0;
      expect(header).toBeGreaterThan(100);
      // The header has a form; what follows is one authenticated stream, in which a place is as good as another.
      const patternsAt = (at: number) => {
        const bit = BITS[at % 8] ?? 1;
        if (at < header) return [bit, 0xff];
        return at < header + 64 || at % 5 === 0 || at >= target.bytes.length - 32 ? [bit] : [];
      };
      expect(await flipped(target, patternsAt)).toBe(0);
      await cut(target, 31);
    },
  );

  it('MS-8 MS-16: another reader’s key opens none of them, whole or changed', async () => {
    const recommendations = await openRecommendations(targets.recommendations.bytes, stranger, fleet.trust);
    const history = await openHistory(targets.history.bytes, stranger, fleet.trust);
    const slot = await openSlot(targets.slot.bytes, stranger);
    expect([recommendations, history, slot].map((each) => (each.ok ? 'ok' : each.error.code))).toEqual([
      'sealed_for_others',
      'sealed_for_others',
      'slot_not_for_this_player',
    ]);
  });
});

describe('the header of an age file', () => {
  const copy = join(
    import.meta.dirname,
    '../golden/media-v1/KEYTURN/copies/019b7e94-3200-78e5-82ee-0c1121770e4b',
  );
  const content = readFileSync(join(copy, 'content.age'));

  it('MS-7 SEC-8: its end is found where it is, or there is none', async () => {
    const headers = [content, Buffer.from(targets.slot.bytes)].map((bytes) =>
      bytes.subarray(0, headerLength(bytes) ?? 0),
    );
    const { executions } = await fuzz({
      name: 'age header length',
      runs: 200_000,
      accepted: 20_000,
      refused: 20_000,
      input: (chance) => mutateBytes(chance, chance.pick(headers), chance.pick(headers)),
      judge: (bytes) => {
        const end = headerLength(bytes);
        if (end === null) return 'no_header';
        assert(end <= Math.min(bytes.length, LIMITS.ageHeaderBytes), 'an end behind the bytes or the limit');
        const lines = text(bytes.subarray(0, end)).split('\n');
        assert(
          lines[0] === 'age-encryption.org/v1' && lines.at(-1) === '',
          'from its first line to a line’s end',
        );
        assert(
          lines.slice(1).findIndex((line) => line.startsWith('--- ')) === lines.length - 3,
          'ends with its first MAC line',
        );
        return 'accepted';
      },
    });
    expect(executions).toBeGreaterThanOrEqual(200_000);
  });

  it('MS-7 SEC-8: a changed header gives no file key, or the one that it had', async () => {
    const identity = value(await openSlot(readFileSync(join(copy, 'slot.age')), null));
    const whole = value(await openHeader(content, identity));
    const header = content.subarray(0, whole.headerBytes);
    const other = Buffer.from(targets.slot.bytes.subarray(0, 1000));
    const { executions } = await fuzz({
      name: 'age header',
      runs: 20_000,
      accepted: 0,
      refused: 15_000,
      input: (chance) => mutateBytes(chance, header, chance.pick([header, other])),
      judge: async (changed) => {
        const opened = await openHeader(changed, identity);
        if (!opened.ok) return refusal(opened.error);
        const same = Buffer.from(opened.value.fileKey).equals(whole.fileKey);
        assert(same && opened.value.headerBytes === whole.headerBytes, 'another key, or another end');
        return 'accepted';
      },
    });
    expect(executions).toBeGreaterThanOrEqual(20_000);
  });
});
