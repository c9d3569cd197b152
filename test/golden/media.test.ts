import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderMedium } from '#firmware-sim/media/medium-backing.ts';
import { createSimulatedDrive } from '#firmware-sim/media/simulated-drive.ts';
import { simulatedClock } from '#firmware-sim/sim/clock.ts';
import { seededRandom } from '#firmware-sim/sim/random.ts';
import { inspectMedium } from '#shared/media/inspect-medium.ts';
import { readJournal } from '#shared/media/journal.ts';
import { contentFile, slotFile } from '#shared/media/layout.ts';
import { readRevocationList, revokedBy } from '#shared/media/revocation-list.ts';
import { fleetTrust } from '#shared/media/signing.ts';
import { NOON, value } from '#test/support/media-story.ts';

/** A medium written by version 1, never to be edited: whatever is changed later must still read it. */
const golden = join(import.meta.dirname, 'media-v1');

describe('a medium of version 1', () => {
  it('MS-1 MS-4 MS-12: is read as it was written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyturn-golden-'));
    cpSync(join(golden, 'KEYTURN'), join(folder, 'KEYTURN'), { recursive: true });
    const trust = value(fleetTrust(readFileSync(join(golden, 'root.pem'), 'utf8')));
    const drive = createSimulatedDrive({
      name: 'golden',
      clock: simulatedClock(NOON),
      random: seededRandom(1),
    });
    await drive.insert(folderMedium('golden', folder));
    const report = value(await inspectMedium({ drive, trust }));
    expect(report.copies).toHaveLength(1);
    const [copy] = report.copies;
    expect(copy).toMatchObject({ condition: 'active', startedAt: NOON, issuer: 'kiosk-one' });
    expect(copy?.licence?.keyturn.title).toBe('The Night Train');
    if (copy === undefined) return;
    const files = [slotFile(copy.copyId), contentFile(copy.copyId)].map((path) => join(golden, path));
    const plaintext = execFileSync('age', ['-d', '-i', ...files], { maxBuffer: 1 << 20 });
    expect(plaintext.toString()).toBe('a golden film\n'.repeat(6000));
    const journal = await readJournal(readFileSync(join(golden, 'KEYTURN/journal')), trust);
    expect(journal.entries.map((entry) => entry.kind)).toEqual(['copy_written']);
  });
});

describe('a list of revoked terminals of version 1', () => {
  it('MS-32: is read as it was signed', async () => {
    const place = join(import.meta.dirname, 'revocations-v1');
    const trust = value(fleetTrust(readFileSync(join(place, 'root.pem'), 'utf8')));
    const list = value(
      await readRevocationList(readFileSync(join(place, 'revocations.jws'), 'latin1'), trust),
    );
    expect(list.madeAt).toBe(NOON);
    expect(revokedBy(list)('ab'.repeat(32))).toBe(NOON - 1000);
  });
});
