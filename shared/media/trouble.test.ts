import { beforeAll, describe, expect, it } from 'vitest';
import {
  type MemoryMedium,
  type MemoryMediumOptions,
  memoryMedium,
} from '#firmware-sim/media/medium-backing.ts';
import type { DriveFaults } from '#firmware-sim/media/simulated-drive.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { aDraft, anAccept, aWrite, bench, memoryRecords, value } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { bytesSource } from './bytes-source.ts';
import { conditionOf } from './copy-files.ts';
import { acceptReturn, destroySlot } from './destroy-copy.ts';
import { inspectMedium } from './inspect-medium.ts';
import { contentFile, licenceFile, slotFile, stateFile } from './layout.ts';
import { licenceStatusAt } from './licence.ts';
import type { WriteCopyInput } from './orders.ts';
import { settleHeld } from './settle-held.ts';
import { slotPattern } from './slot.ts';
import { seenOf } from './slot-place.ts';
import type { StateRecord } from './state-record.ts';
import { SAMPLE_CHUNKS, sampleIndices } from './verify-copy.ts';
import { writeCopy } from './write-copy.ts';

let fleet: FleetAuthority;
let kiosk: Signer;
beforeAll(async () => {
  fleet = await foundFleet();
  kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
});

const FILM = Buffer.alloc(200_000, 'film ');

async function attempt(
  options: MemoryMediumOptions,
  faults: DriveFaults = {},
  changes: Partial<WriteCopyInput> = {},
  medium: MemoryMedium = memoryMedium('m', options),
) {
  const stage = bench(fleet.trust, kiosk, 'trouble');
  await stage.drive.insert(medium);
  stage.drive.setFault(faults);
  const records = memoryRecords();
  const input = aWrite(stage.random, records, FILM, changes);
  const outcome = await writeCopy(stage.deps, input);
  return { outcome, records, medium, stage, input };
}

describe('media that cannot be written', () => {
  it.each<[string, MemoryMediumOptions, DriveFaults]>([
    ['medium_full', { capacityBytes: 300_000 }, {}],
    ['medium_read_only', { readOnly: true }, {}],
    ['medium_file_too_large', { fileSystem: 'vfat', largestFileBytes: 150_000 }, {}],
    ['medium_copies_on_write', { fileSystem: 'btrfs', copiesOnWrite: true }, {}],
    ['medium_full', {}, { full: true }],
  ])('MED-3: %s is said before anything is recorded or written', async (code, options, faults) => {
    const { outcome, records, medium } = await attempt(options, faults);
    expect(outcome).toMatchObject({ kind: 'failed', code });
    expect(records.intents).toHaveLength(0);
    expect(medium.files.size).toBe(0);
  });

  it('MED-3: no medium, and a medium of another fleet', async () => {
    const stage = bench(fleet.trust, kiosk, 'none');
    const input = aWrite(stage.random, memoryRecords(), FILM);
    expect(await writeCopy(stage.deps, input)).toMatchObject({ kind: 'failed', code: 'medium_missing' });
    const strangers = await foundFleet();
    const foreign = bench(strangers.trust, await enrol(strangers, 'kiosk-one', 'kiosk'), 'foreign');
    const medium = memoryMedium('foreign');
    await foreign.drive.insert(medium);
    expect((await writeCopy(foreign.deps, aWrite(foreign.random, memoryRecords(), FILM))).kind).toBe(
      'written',
    );
    const before = new Map(
      [...medium.files].map(([path, bytes]) => [path, Buffer.from(bytes).toString('base64')]),
    );
    const { outcome } = await attempt({}, {}, {}, medium);
    expect(outcome).toMatchObject({ kind: 'failed', code: 'medium_foreign' });
    await stage.drive.insert(medium);
    expect(await inspectMedium(stage.deps)).toMatchObject({ error: { code: 'medium_foreign' } });
    for (const [path, bytes] of medium.files)
      expect(Buffer.from(bytes).toString('base64')).toBe(before.get(path));
  });

  it('MED-3: swapped during the power cycle: held, and the other medium is left alone', async () => {
    const other = memoryMedium('other');
    const { outcome, records, medium } = await attempt({}, { swapAtPowerCycle: other });
    expect(outcome).toMatchObject({ kind: 'held', code: 'medium_swapped' });
    expect(records.commits).toHaveLength(0);
    expect(other.files.size).toBe(0);
    expect(medium.files.size).toBeGreaterThan(4);
  });

  it('MED-3: too slow for half a minute ends the write before the key', async () => {
    const stage = bench(fleet.trust, kiosk, 'slow');
    const medium = memoryMedium('m');
    await stage.drive.insert(medium);
    stage.drive.setFault({ bytesPerSecond: 50_000 });
    const records = memoryRecords();
    const source = bytesSource(Buffer.alloc(6_000_000));
    const writing = writeCopy(
      stage.deps,
      aWrite(stage.random, records, FILM, { source, minimumBytesPerSecond: 100_000 }),
    );
    let outcome: Awaited<typeof writing> | null = null;
    void writing.then((done) => {
      outcome = done;
    });
    // Signing takes real time, in which the simulated stands still: it goes on only where the drive waits for it.
    const ended = () => outcome !== null;
    while (!ended()) await (stage.clock.waiting() > 0 ? stage.clock.advance(1000) : stage.clock.settle());
    expect(outcome).toMatchObject({ kind: 'failed', code: 'medium_too_slow' });
    expect(records.slotBegins).toHaveLength(0);
  });

  it('RNT-1: given up by the customer while content is written: nothing left, nothing charged', async () => {
    const abort = new AbortController();
    const progress = () => abort.abort();
    const { outcome, records, medium } = await attempt({}, {}, { abort: abort.signal, progress });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'write_aborted' });
    expect(records.slotBegins).toHaveLength(0);
    expect([...medium.files.keys()].filter((path) => path.includes('/copies/'))).toEqual([]);
  });

  it('RNT-1: a source that breaks off fails the write', async () => {
    const broken = {
      bytes: FILM.length,
      read: async () => ({ ok: false, error: { code: 'source_unavailable', message: 'gone' } }) as const,
    };
    const { outcome } = await attempt({}, {}, { source: broken });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'source_unavailable' });
  });

  it('PLY-1: bound to players without any, or with too many, is refused before anything is written', async () => {
    const licence = aDraft(seededRandom(1), { binding: 'players' });
    expect((await attempt({}, {}, { licence })).outcome).toMatchObject({ code: 'players_missing' });
    const playerRecipients = Array.from({ length: 9 }, () => 'age1');
    expect((await attempt({}, {}, { licence, playerRecipients })).outcome).toMatchObject({
      code: 'players_too_many',
    });
  });
});

describe('what a copy says of itself', () => {
  it('MS-1 MED-4: a written medium holds the files of the layout below KEYTURN and nothing else', async () => {
    const { medium, input } = await attempt({});
    const copy = `KEYTURN/copies/${input.copyId}`;
    expect([...medium.files.keys()].sort()).toEqual(
      [
        `${copy}/content.age`,
        `${copy}/licence.jws`,
        `${copy}/slot.age`,
        `${copy}/state`,
        'KEYTURN/journal',
        'KEYTURN/medium.jws',
      ].sort(),
    );
  });

  const damage: readonly [string, (medium: MemoryMedium, copyId: never) => void, string][] = [
    ['licence changed', (medium, id) => flip(medium, licenceFile(id), 6000), 'damaged'],
    ['licence gone', (medium, id) => medium.files.delete(licenceFile(id)), 'damaged'],
    ['slot changed', (medium, id) => flip(medium, slotFile(id), 100), 'damaged'],
    ['state zeroed', (medium, id) => medium.files.get(stateFile(id))?.fill(0), 'damaged'],
    [
      'slot and state gone',
      (medium, id) => {
        medium.files.delete(slotFile(id));
        medium.files.delete(stateFile(id));
      },
      'unfinished',
    ],
    ['content gone', (medium, id) => medium.files.delete(contentFile(id)), 'active'],
  ];
  const flip = (medium: MemoryMedium, path: string, at: number) => {
    const bytes = medium.files.get(path);
    if (bytes) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ 1;
  };

  it.each(damage)('MS-14 MED-3: %s', async (_, change, condition) => {
    const { medium, stage, input } = await attempt({});
    change(medium, input.copyId as never);
    expect(value(await inspectMedium(stage.deps)).copies.map((copy) => copy.condition)).toEqual([condition]);
  });

  it('MS-14: slot and state together, as a table', () => {
    const whole = new Uint8Array(4096).fill(65);
    const mark = (kind: 'EMPTY' | 'WIPED' | 'DESTROYED') =>
      slotPattern(kind, '01900000-0000-7000-8000-000000000000');
    const state = (name: StateRecord['state'], startedAt: number | null = 5) =>
      ({ state: name, startedAt }) as StateRecord;
    const table: readonly [Uint8Array | null, boolean, StateRecord | null, string][] = [
      [whole, true, state('ACTIVE'), 'active'],
      [whole, true, state('ACTIVE', null), 'held'],
      [whole, true, state('WRITING', null), 'held'],
      [whole, true, state('RETURNING'), 'returning'],
      [whole, true, state('DESTROYED'), 'torn'],
      [whole, true, state('VOID'), 'damaged'],
      [whole, true, null, 'damaged'],
      [whole, false, state('RETURNING'), 'torn'],
      [whole, false, state('ACTIVE'), 'damaged'],
      [whole, false, state('WRITING', null), 'held'],
      [mark('DESTROYED'), false, state('RETURNING'), 'torn'],
      [mark('DESTROYED'), false, state('DESTROYED'), 'returned'],
      [mark('DESTROYED'), false, null, 'torn'],
      [mark('WIPED'), false, state('VOID', null), 'void'],
      [mark('EMPTY'), false, state('WRITING', null), 'unfinished'],
      [mark('EMPTY'), false, state('ACTIVE'), 'damaged'],
      [null, false, null, 'unfinished'],
    ];
    expect(conditionOf(false, seenOf(mark('DESTROYED'), null), null)).toBe('unfinished');
    expect(conditionOf(false, seenOf(mark('DESTROYED'), null), state('DESTROYED'))).toBe('returned');
    expect(conditionOf(false, seenOf(mark('DESTROYED'), null), state('RETURNING'))).toBe('torn');
    expect(conditionOf(true, { kind: 'absent', secure: true }, state('DESTROYED'))).toBe('returned');
    expect(conditionOf(true, { kind: 'absent', secure: true }, state('RETURNING'))).toBe('torn');
    for (const [slot, isWhole, record, condition] of table)
      expect(
        conditionOf(true, isWhole ? { kind: 'whole' } : seenOf(slot, null), record),
        `${record?.state} ${isWhole}`,
      ).toBe(condition);
  });

  it('RET-1: a copy whose state records are unreadable is still returned by its licence and slot', async () => {
    const { medium, stage, input } = await attempt({});
    medium.files.get(stateFile(input.copyId))?.fill(0);
    const accepted = await acceptReturn(stage.deps, anAccept(stage.random, input.copyId));
    expect(accepted.kind).toBe('accepted');
  });

  it('RET-3: a slot put back after its destruction is destroyed again under the same return', async () => {
    const { medium, stage, input } = await attempt({});
    const slot = Uint8Array.from(medium.files.get(slotFile(input.copyId)) ?? []);
    const records = memoryRecords();
    const first = await acceptReturn(stage.deps, anAccept(stage.random, input.copyId));
    if (first.kind !== 'accepted') throw new Error(first.kind);
    const one = await destroySlot(stage.deps, { accepted: first.accepted, intents: records });
    medium.files.set(slotFile(input.copyId), slot);
    const second = await acceptReturn(stage.deps, anAccept(stage.random, input.copyId));
    expect(second).toMatchObject({
      kind: 'accepted',
      accepted: { returnId: first.accepted.returnId, t0: first.accepted.t0 },
    });
    if (second.kind !== 'accepted' || one.kind !== 'destroyed') return;
    const two = await destroySlot(stage.deps, { accepted: second.accepted, intents: records });
    expect(two).toMatchObject({ kind: 'destroyed', receiptJws: one.receiptJws });
    expect(value(await inspectMedium(stage.deps)).copies[0]?.condition).toBe('returned');
  });

  it('RNT-6: a confirmed copy that no longer verifies is never wiped by settling', async () => {
    const { medium, stage, input } = await attempt({});
    flip(medium, contentFile(input.copyId), 3000);
    const intents = memoryRecords();
    const settled = await settleHeld(stage.deps, {
      copyId: input.copyId,
      intents,
      chunkIndices: [],
      verification: 'full',
    });
    expect(settled).toMatchObject({ kind: 'held', code: 'verification_failed' });
    expect(intents.failed).toEqual([]);
  });

  it('RNT-1: damaged content found by the read-back: wiped, void, uncharged', async () => {
    const stage = bench(fleet.trust, kiosk, 'damage');
    const medium = memoryMedium('m');
    await stage.drive.insert(medium);
    const records = memoryRecords();
    const recordSlotBegin: typeof records.recordSlotBegin = async (begin) => {
      await records.recordSlotBegin(begin);
      flip(medium, contentFile(begin.copyId), 100_000);
    };
    const input = aWrite(stage.random, { ...records, recordSlotBegin }, FILM);
    expect(await writeCopy(stage.deps, input)).toMatchObject({ kind: 'failed', code: 'verification_failed' });
    expect(records.failed).toEqual([input.copyId]);
    expect(value(await inspectMedium(stage.deps)).copies[0]?.condition).toBe('void');
  });

  it('MS-19: room of returned copies is used again, their signed records stay', async () => {
    const medium = memoryMedium('small', { capacityBytes: 900_000 });
    const { stage, input } = await attempt({}, {}, {}, medium);
    const accepted = await acceptReturn(stage.deps, anAccept(stage.random, input.copyId));
    if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
    await destroySlot(stage.deps, { accepted: accepted.accepted, intents: memoryRecords() });
    const large = bytesSource(Buffer.alloc(150_000));
    const next = await writeCopy(stage.deps, aWrite(stage.random, memoryRecords(), FILM, { source: large }));
    expect(next.kind).toBe('written');
    expect(medium.files.has(contentFile(input.copyId))).toBe(false);
    expect(value(await inspectMedium(stage.deps)).copies.map((copy) => copy.condition)).toContain('returned');
  });
});

describe('verification', () => {
  it('MS-17: the sample is the least that finds 1 % of damage with 99.9 %', () => {
    expect(0.99 ** SAMPLE_CHUNKS).toBeLessThanOrEqual(0.001);
    expect(0.99 ** (SAMPLE_CHUNKS - 1)).toBeGreaterThan(0.001);
    const sample = sampleIndices(seededRandom(1), 100_000, SAMPLE_CHUNKS);
    expect(new Set(sample).size).toBe(SAMPLE_CHUNKS);
    expect(sample.every((index) => index >= 0 && index < 100_000)).toBe(true);
    expect(sampleIndices(seededRandom(1), 5, SAMPLE_CHUNKS)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('licence', () => {
  it('LIC-1 LIC-2 RNT-7: status is derived from the clock when asked', async () => {
    const { records, outcome } = await attempt({});
    if (outcome.kind !== 'written') throw new Error(outcome.kind);
    expect(records.commits[0]?.licenceJws.length).toBeLessThan(24_576);
    const { licence } = outcome;
    const { start, end } = licence.rights;
    if (end === null) throw new Error('this draft has an end');
    const hour = 3_600_000;
    const clocks = {
      ...licence,
      rights: { ...licence.rights, startWithinSeconds: 7200, finishWithinSeconds: 3600 },
    };
    const kept = { ...licence, keyturn: { ...licence.keyturn, keep: { at: epochMs(end + hour) } } };
    expect(licenceStatusAt(licence, start, null)).toBe('ready');
    expect(licenceStatusAt(licence, start, start)).toBe('active');
    expect(licenceStatusAt(licence, epochMs(end - 1), null)).toBe('ready');
    expect(licenceStatusAt(licence, end, null)).toBe('expired');
    expect(licenceStatusAt(clocks, epochMs(start + 2 * hour), null)).toBe('expired');
    expect(licenceStatusAt(clocks, epochMs(start + 3 * hour), epochMs(start + 2 * hour))).toBe('expired');
    expect(licenceStatusAt(clocks, epochMs(start + 3 * hour - 1), epochMs(start + 2 * hour))).toBe('active');
    expect(licenceStatusAt(kept, end, null)).toBe('expired');
    expect(licenceStatusAt(kept, epochMs(end + hour), null)).toBe('active');
    expect(licenceStatusAt({ ...licence, status: 'revoked' }, start, null)).toBe('revoked');
  });
});
