import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { folderMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { aDraft, anAccept, aWrite, bench, memoryRecords, value } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';
import { freshIdentity } from './container/age-header.ts';
import { acceptReturn, destroySlot } from './destroy-copy.ts';
import { inspectMedium } from './inspect-medium.ts';
import { contentFile, slotFile } from './layout.ts';
import { receiptSchema } from './receipt.ts';
import { verifyJws } from './signing.ts';
import { slotMacFits } from './slot-proof.ts';
import { writeCopy } from './write-copy.ts';

let fleet: FleetAuthority;
let kiosk: Signer;
let terminal: Signer;
beforeAll(async () => {
  fleet = await foundFleet();
  kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
  terminal = await enrol(fleet, 'rt-one', 'return-terminal');
});

const PLAINTEXT = Buffer.from('a film that is worth its rent\n'.repeat(9000));

describe('a copy from the kiosk to the return terminal', () => {
  it('MED-1 RNT-1 RET-3: Debian’s age opens it with its slot before the return and cannot after it', async () => {
    const { deps, drive, random } = bench(fleet.trust, kiosk, 1);
    const folder = mkdtempSync(join(tmpdir(), 'keyturn-medium-'));
    writeFileSync(join(folder, 'holiday.jpg'), 'mine');
    await drive.insert(folderMedium('stick', folder));
    const records = memoryRecords();
    const written = await writeCopy(deps, aWrite(random, records, PLAINTEXT));
    expect(written).toMatchObject({ kind: 'written' });
    if (written.kind !== 'written') return;
    expect(records.intents).toHaveLength(1);
    expect(records.slotBegins).toHaveLength(1);
    expect(records.commits).toEqual([written.commit]);
    const { copyId } = written.commit;
    const age = () =>
      execFileSync('age', ['-d', '-i', join(folder, slotFile(copyId)), join(folder, contentFile(copyId))], {
        stdio: ['ignore', 'pipe', 'ignore'],
        maxBuffer: 1 << 26,
      });
    expect(age().equals(PLAINTEXT)).toBe(true);
    const report = value(await inspectMedium(deps));
    expect(report.copies.map((copy) => copy.condition)).toEqual(['active']);
    expect(report.copies[0]?.startedAt).toBe(written.commit.startedAt);

    const back = bench(fleet.trust, terminal, 2);
    await back.drive.insert(folderMedium('stick', folder));
    const accepted = await acceptReturn(back.deps, anAccept(back.random, copyId));
    expect(accepted).toMatchObject({ kind: 'accepted' });
    if (accepted.kind !== 'accepted') return;
    const { proof, returnId } = accepted.accepted;
    expect(slotMacFits(written.commit.slotProofKey, proof.nonce, returnId, proof.mac)).toBe(true);
    const ledger = memoryRecords();
    const destroyed = await destroySlot(back.deps, { accepted: accepted.accepted, intents: ledger });
    expect(destroyed).toMatchObject({ kind: 'destroyed' });
    expect(age).toThrow();
    const receipt = value(
      await verifyJws([...ledger.receipts.values()][0] ?? '', fleet.trust, {
        type: 'keyturn-receipt',
        schema: receiptSchema,
        roles: ['return-terminal'],
        validAt: 'signed-at',
        maxBytes: 24_576,
      }),
    );
    expect(receipt.payload).toMatchObject({ claim: 'CLEAR-SLOT', readBack: 'power-cycle', counter: 1 });
    const again = await acceptReturn(back.deps, anAccept(back.random, copyId));
    expect(again.kind).toBe('already-returned');
    expect(readFileSync(join(folder, 'holiday.jpg'), 'utf8')).toBe('mine');
  });

  it('RNT-4 MED-3: several copies on one medium have keys of their own and are returned alone', async () => {
    const { deps, drive, random } = bench(fleet.trust, kiosk, 3);
    const medium = memoryMedium('stick');
    await drive.insert(medium);
    const records = memoryRecords();
    for (const text of ['first', 'second'])
      expect((await writeCopy(deps, aWrite(random, records, Buffer.from(text)))).kind).toBe('written');
    const [first, second] = records.commits;
    expect(first?.slotProofKey).not.toBe(second?.slotProofKey);
    if (!first || !second) return;
    const accepted = await acceptReturn(deps, anAccept(random, first.copyId));
    if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
    await destroySlot(deps, { accepted: accepted.accepted, intents: records });
    const report = value(await inspectMedium(deps));
    expect(new Map(report.copies.map((copy) => [copy.copyId, copy.condition]))).toEqual(
      new Map([
        [first.copyId, 'returned'],
        [second.copyId, 'active'],
      ]),
    );
  });

  it('PLY-1: bound to players, the slot opens with the player’s key and nobody else’s', async () => {
    const { deps, drive, random } = bench(fleet.trust, kiosk, 4);
    await drive.insert(memoryMedium('stick'));
    const player = await freshIdentity();
    const records = memoryRecords();
    const outcome = await writeCopy(
      deps,
      aWrite(random, records, PLAINTEXT, {
        licence: aDraft(random, { binding: 'players' }),
        playerRecipients: [player.recipient],
      }),
    );
    expect(outcome.kind).toBe('written');
  });
});
