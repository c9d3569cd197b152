import { beforeAll, describe, expect, it } from 'vitest';
import { memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { newId } from '#shared/ports/random.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { anAccept, aWrite, bench, memoryRecords, NOON, value } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { freshIdentity } from './container/age-header.ts';
import { acceptReturn, destroySlot } from './destroy-copy.ts';
import { type CopyExtras, leaveExtras, openExtras } from './extras.ts';
import { copyFolder, extrasFile, LIMITS, slotFile } from './layout.ts';
import { openSlot } from './slot.ts';
import { writeCopy } from './write-copy.ts';

let fleet: FleetAuthority;
let kiosk: Signer;
let returns: Signer;
const random = seededRandom('extras');
const aCopy = () => newId<CopyId>({ now: () => NOON }, random);
beforeAll(async () => {
  fleet = await foundFleet();
  kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
  returns = await enrol(fleet, 'rt-one', 'return-terminal');
});

const EXTRAS: CopyExtras = {
  poster: Buffer.from('a picture of a night train'),
  subtitles: [{ language: 'ja', text: 'WEBVTT\n\n00:00.000 --> 00:01.000\n夜汽車\n' }],
};

/** What stands beside a copy after it was left there; null: nothing. */
async function left(copyId: CopyId, extras: CopyExtras, recipient: string, signer = kiosk) {
  const medium = memoryMedium('m');
  const mounted = await medium.open();
  for (const folder of ['KEYTURN', 'KEYTURN/copies', copyFolder(copyId)])
    value(await mounted.makeDirectory(folder));
  await leaveExtras(mounted, copyId, extras, recipient, signer, NOON);
  return medium.files.get(extrasFile(copyId)) ?? null;
}

describe('poster and subtitles beside a copy', () => {
  it('MS-34: open with the copy’s key, for its copy and its fleet only, and are not to be read without', async () => {
    const [key, other] = [await freshIdentity(), await freshIdentity()];
    const copyId = aCopy();
    const file = (await left(copyId, EXTRAS, key.recipient)) ?? new Uint8Array(0);
    const opened = value(await openExtras(file, copyId, key.identity, fleet.trust));
    expect(Buffer.from(opened.poster ?? []).toString()).toBe('a picture of a night train');
    expect(opened.subtitles).toEqual(EXTRAS.subtitles);
    expect(Buffer.from(file).includes('night train')).toBe(false);
    const refusals = [
      await openExtras(file, aCopy(), key.identity, fleet.trust),
      await openExtras(file, copyId, other.identity, fleet.trust),
      await openExtras(file, copyId, key.identity, (await foundFleet()).trust),
      await openExtras(file.slice(0, -1), copyId, key.identity, fleet.trust),
    ].map((answer) => (answer.ok ? 'opened' : answer.error.code));
    expect(refusals).toEqual(['malformed', 'sealed_for_others', 'certificate_foreign', 'malformed']);
  });

  it('MS-34: what is over a limit is left out, the rest is there', async () => {
    const key = await freshIdentity();
    const copyId = aCopy();
    const many = Array.from({ length: LIMITS.subtitles + 1 }, (_, index) => ({
      language: `l${index}`,
      text: 'WEBVTT',
    }));
    const long = { language: 'de', text: 'x'.repeat(LIMITS.subtitleBytes + 1) };
    const poster = new Uint8Array(LIMITS.posterBytes + 1);
    const file =
      (await left(copyId, { poster, subtitles: [long, ...many] }, key.recipient)) ?? new Uint8Array(0);
    const opened = value(await openExtras(file, copyId, key.identity, fleet.trust));
    expect(opened.poster).toBeNull();
    expect(opened.subtitles).toEqual(many.slice(0, LIMITS.subtitles));
    const largest = { poster: poster.slice(1), subtitles: [] };
    const kept = (await left(copyId, largest, key.recipient)) ?? new Uint8Array(0);
    const back = value(await openExtras(kept, copyId, key.identity, fleet.trust));
    expect(back.poster).toHaveLength(LIMITS.posterBytes);
  });

  it('MS-34: written with the copy they end with its key; absent, nothing else follows', async () => {
    for (const extras of [EXTRAS, undefined]) {
      const stage = bench(fleet.trust, kiosk, 'with extras');
      const medium = memoryMedium('stick');
      await stage.drive.insert(medium);
      const input = aWrite(stage.random, memoryRecords(), Buffer.alloc(1000, 'film '), { extras });
      expect((await writeCopy(stage.deps, input)).kind).toBe('written');
      const file = medium.files.get(extrasFile(input.copyId));
      expect(file === undefined).toBe(extras === undefined);
      const identity = value(
        await openSlot(medium.files.get(slotFile(input.copyId)) ?? new Uint8Array(0), null),
      );
      if (file !== undefined)
        expect((await openExtras(file, input.copyId, identity, fleet.trust)).ok).toBe(true);
      const back = bench(fleet.trust, returns, 'back');
      await back.drive.insert(medium);
      const outcome = await acceptReturn(back.deps, anAccept(back.random, input.copyId));
      assert(outcome.kind === 'accepted', outcome.kind);
      const { accepted } = outcome;
      const done = await destroySlot(back.deps, { accepted, intents: memoryRecords() });
      expect(done.kind).toBe('destroyed');
      const slot = await openSlot(medium.files.get(slotFile(input.copyId)) ?? new Uint8Array(0), null);
      expect(slot.ok).toBe(false);
    }
  });
});
