import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { ok } from '#shared/kernel/result.ts';
import { openContent } from '#shared/media/container/content-reader.ts';
import { conditionOf, readLicence } from '#shared/media/copy-files.ts';
import { inspectMedium } from '#shared/media/inspect-medium.ts';
import { readJournal } from '#shared/media/journal.ts';
import {
  COPIES_FOLDER,
  contentFile,
  copyFolder,
  JOURNAL_FILE,
  KEYTURN,
  licenceFile,
  MEDIUM_FILE,
  slotFile,
  stateFile,
} from '#shared/media/layout.ts';
import { mediumIdentitySchema } from '#shared/media/medium-identity.ts';
import type { CopyCondition } from '#shared/media/orders.ts';
import { type FleetTrust, fleetTrust, verifyJws } from '#shared/media/signing.ts';
import { openSlot } from '#shared/media/slot.ts';
import { seenOf } from '#shared/media/slot-place.ts';
import { readState } from '#shared/media/state-record.ts';
import { bench, value } from '#test/support/media-story.ts';
import { plaintextOf } from '#test/support/plaintext.ts';
import { expectCleanPrototypes, fuzz } from './campaign.ts';
import { mutateBytes } from './mutate.ts';

/** The golden medium, its small files changed in every byte and cut at every length: refused, or meaning the same (MED-2). */
const folder = join(import.meta.dirname, '..', 'golden', 'media-v1');
const copyId = '019b7e94-3200-78e5-82ee-0c1121770e4b' as CopyId;
const copyFile = (name: string): Buffer => readFileSync(join(folder, 'KEYTURN', 'copies', copyId, name));
const FILES = {
  medium: readFileSync(join(folder, 'KEYTURN', 'medium.jws')),
  journal: readFileSync(join(folder, 'KEYTURN', 'journal')),
  licence: copyFile('licence.jws'),
  state: copyFile('state'),
  slot: copyFile('slot.age'),
  content: copyFile('content.age'),
};
const PLAINTEXT = Buffer.from('a golden film\n'.repeat(6000));
let trust: FleetTrust;
let identity: string;
beforeAll(async () => {
  trust = value(fleetTrust(readFileSync(join(folder, 'root.pem'), 'utf8')));
  identity = value(await openSlot(FILES.slot, null));
});

type Judge = (bytes: Uint8Array) => Promise<'same' | string>;

const readMedium = (bytes: Uint8Array) =>
  verifyJws(Buffer.from(bytes).toString('latin1'), trust, {
    type: 'keyturn-medium',
    schema: mediumIdentitySchema,
    roles: ['kiosk', 'return-terminal', 'hub'],
    validAt: 'signed-at',
    maxBytes: 16_384,
  });

/** One answer per document, remembered for the files that a change leaves alone. */
async function standing() {
  const medium = value(await readMedium(FILES.medium)).payload;
  const licence = await readLicence(FILES.licence, copyId, medium.mediumId, trust);
  assert(licence.licence !== null, 'the golden licence is valid');
  const state = await readState(FILES.state, copyId, trust);
  return { medium, licence: licence.licence, state };
}

async function conditionWith(
  changed: Partial<Record<'licence' | 'state' | 'slot', Uint8Array>>,
): Promise<CopyCondition> {
  const now = await known;
  const slot = changed.slot ?? FILES.slot;
  const licence =
    changed.licence === undefined
      ? now.licence
      : (await readLicence(changed.licence, copyId, now.medium.mediumId, trust)).licence;
  if (licence !== null)
    assert(JSON.stringify(licence) === JSON.stringify(now.licence), 'a licence that nobody signed');
  const state = changed.state === undefined ? now.state : await readState(changed.state, copyId, trust);
  const signed = [null, ...now.state.records].map((record) => JSON.stringify(record));
  assert(signed.includes(JSON.stringify(state.current)), 'a state that nobody signed');
  return conditionOf(licence !== null, seenOf(slot, licence?.keyturn.slotCheck ?? null), state.current);
}
let known: ReturnType<typeof standing>;
beforeAll(() => {
  known = standing();
});

/** An `active` copy with a changed file is no other kind of readable: only these may come of it. */
const REFUSING: readonly CopyCondition[] = ['held', 'damaged', 'unfinished', 'torn'];
const JUDGES: Record<'medium' | 'journal' | 'licence' | 'state' | 'slot', Judge> = {
  medium: async (bytes) => {
    const read = await readMedium(bytes);
    if (!read.ok) return read.error.code;
    expect(read.value.payload).toEqual((await known).medium);
    return 'same';
  },
  licence: (bytes) => refusedOrSame({ licence: bytes }),
  state: (bytes) => refusedOrSame({ state: bytes }),
  slot: async (bytes) => {
    const opened = await openSlot(bytes, null);
    const found = await refusedOrSame({ slot: bytes });
    assert(found !== 'same' || (opened.ok && opened.value === identity), 'whole, but not this key');
    return found;
  },
  journal: async (bytes) => {
    const { entries, next } = await readJournal(bytes, trust);
    const kinds = entries.map(({ kind }) => kind);
    assert(
      kinds.length === 0 || (kinds.length === 1 && kinds[0] === 'copy_written'),
      'an entry that nobody signed',
    );
    assert(next.block >= 0 && next.block < 48, 'the next entry has a place');
    return kinds.length === 1 ? 'same' : 'ended';
  },
};

async function refusedOrSame(changed: Parameters<typeof conditionWith>[0]): Promise<string> {
  const condition = await conditionWith(changed);
  if (condition === 'active') return 'same';
  assert(REFUSING.includes(condition), `an active copy became ${condition}`);
  return condition;
}

const SMALL = ['medium', 'licence', 'state', 'slot', 'journal'] as const;
/** What a byte is changed by: one bit, the case of a letter, all of it; of the slot, which is read in no time, every bit. */
const patternsAt = (name: (typeof SMALL)[number], at: number): readonly number[] =>
  name === 'slot' ? [1, 2, 4, 8, 16, 32, 64, 128, 0xff] : [1 << (at % 8), 0x20, 0xff];

describe('every byte of a golden medium', () => {
  it.each(SMALL)(
    'MED-2 MS-3 MS-14: %s with any one byte changed is refused or means the same',
    async (name) => {
      const bytes = FILES[name];
      const tally = new Map<string, number>();
      for (let at = 0; at < bytes.length; at += 1) {
        for (const pattern of patternsAt(name, at)) {
          const changed = Buffer.from(bytes);
          changed[at] = (changed[at] ?? 0) ^ pattern;
          const found = await JUDGES[name](changed).catch((error: unknown) => {
            throw new Error(`${name}, byte ${at}, pattern ${pattern}`, { cause: error });
          });
          tally.set(found, (tally.get(found) ?? 0) + 1);
        }
        expectCleanPrototypes();
      }
      const tried = bytes.length * patternsAt(name, 0).length;
      expect([...tally.values()].reduce((sum, one) => sum + one, 0)).toBe(tried);
      expect(tried - (tally.get('same') ?? 0)).toBeGreaterThan(tried / 4);
      if (name === 'slot') expect(tally.get('same')).toBeUndefined();
    },
  );

  it.each(SMALL)('MED-2 MS-3 MS-14: %s cut at any length is refused or means the same', async (name) => {
    const bytes = FILES[name];
    let refused = 0;
    for (let length = 0; length < bytes.length; length += 1) {
      const found = await JUDGES[name](bytes.subarray(0, length)).catch((error: unknown) => {
        throw new Error(`${name}, cut at ${length}`, { cause: error });
      });
      if (found !== 'same') refused += 1;
    }
    expect(refused).toBeGreaterThan(bytes.length / 3);
  });

  it.each(SMALL)(
    'MS-3 SEC-8: %s spliced, doubled and cut in 5,000 ways is refused or means the same',
    async (name) => {
      const others = Object.values(FILES).map((bytes) => bytes.subarray(0, 9000));
      const { executions } = await fuzz({
        name: `medium ${name}`,
        runs: 5000,
        accepted: 0,
        refused: 500,
        input: (chance) => mutateBytes(chance, FILES[name], chance.pick(others)),
        judge: async (bytes) => {
          const found = await JUDGES[name](bytes.subarray(0, 24_576));
          return found === 'same' ? 'accepted' : found;
        },
      });
      expect(executions).toBeGreaterThanOrEqual(5000);
    },
  );
});

const PATHS = {
  medium: MEDIUM_FILE,
  journal: JOURNAL_FILE,
  licence: licenceFile(copyId),
  state: stateFile(copyId),
  slot: slotFile(copyId),
} as const;

describe('the whole medium in the drive', () => {
  it.each(SMALL)(
    'MED-2 MS-14: with %s changed the report says less or the same, as the documents say alone',
    async (name) => {
      const stage = bench(
        trust,
        { id: 'nobody', role: 'kiosk', certificateChain: [], sign: async (bytes) => bytes },
        'golden',
      );
      const medium = memoryMedium('golden');
      const mounted = await medium.open();
      for (const path of [KEYTURN, COPIES_FOLDER, copyFolder(copyId)])
        value(await mounted.makeDirectory(path));
      for (const key of SMALL) medium.files.set(PATHS[key], FILES[key]);
      medium.files.set(contentFile(copyId), FILES.content);
      await stage.drive.insert(medium);
      const report = async () => inspectMedium({ drive: stage.drive, trust });
      const before = value(await report());
      expect(before.copies.map(({ condition }) => condition)).toEqual(['active']);
      for (let at = 0; at < FILES[name].length; at += 41) {
        const changed = Buffer.from(FILES[name]);
        changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
        medium.files.set(PATHS[name], changed);
        const alone = await JUDGES[name](changed);
        const after = await report();
        if (!after.ok) expect(['medium_damaged', 'medium_foreign']).toContain(after.error.code);
        else if (alone === 'same' || name === 'journal') expect(after.value.copies).toEqual(before.copies);
        else expect(after.value.copies.map(({ condition }) => condition)).toEqual([alone]);
        if (name === 'slot') expect(after).toMatchObject({ value: { copies: [{ condition: 'damaged' }] } });
      }
    },
  );
});

describe('content', () => {
  it('MED-2 MS-7: no byte comes out of a changed content file that was not put in', async () => {
    const header = FILES.content.indexOf('\n', FILES.content.indexOf('\n--- ') + 1) + 17;
    const { executions, verdicts } = await fuzz({
      name: 'content',
      runs: 5000,
      accepted: 0,
      refused: 2000,
      input: (chance) => {
        const kind = chance.below(10);
        if (kind < 7)
          return Buffer.concat([
            mutateBytes(chance, FILES.content.subarray(0, header)),
            FILES.content.subarray(header),
          ]);
        return mutateBytes(chance, FILES.content);
      },
      judge: async (bytes) => {
        const range = async (offset: number, length: number) => ok(bytes.slice(offset, offset + length));
        const opened = await openContent(range, bytes.length, identity);
        if (!opened.ok) return opened.error.code;
        assert(opened.value.plaintextBytes === PLAINTEXT.length, 'a film of another length');
        for (const [from, length] of [
          [0, 100],
          [65_500, 100],
          [83_950, 100],
        ] as const) {
          const read = await plaintextOf(opened.value, from, length);
          if (read.ok)
            assert(PLAINTEXT.subarray(from, from + length).equals(read.value), 'bytes that nobody wrote');
        }
        return 'accepted';
      },
    });
    expect(executions).toBeGreaterThanOrEqual(5000);
    expect(verdicts.get('content_header_damaged')).toBeGreaterThan(500);
  });
});
