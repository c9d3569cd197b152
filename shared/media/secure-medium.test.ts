import { beforeAll, describe, expect, it } from 'vitest';
import type { ControllerChip } from '#firmware-sim/media/controller/secure-controller.ts';
import { type MemoryMedium, memoryMedium, withChip } from '#firmware-sim/media/medium-backing.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import { epochMs } from '#shared/kernel/time.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { aDraft, anAccept, aWrite, bench, memoryRecords, value } from '#test/support/media-story.ts';
import { aPlayerKey, chipOf, mediumIdOf } from '#test/support/secure-medium.ts';
import { enrol, FOUNDED, foundFleet } from '#test/support/test-fleet.ts';
import { freshIdentity } from './container/age-header.ts';
import { verifyPurgeStatement } from './controller/purge.ts';
import { acceptReturn, destroySlot } from './destroy-copy.ts';
import { inspectMedium } from './inspect-medium.ts';
import { MEDIUM_FILE, slotFile } from './layout.ts';
import { type Receipt, receiptSchema } from './receipt.ts';
import { signJws, verifyJws } from './signing.ts';
import { openSlot } from './slot.ts';
import { readSlot } from './slot-place.ts';
import { slotMacFits } from './slot-proof.ts';
import { writeCopy } from './write-copy.ts';

let fleet: FleetAuthority;
let foreign: FleetAuthority;
let kiosk: Signer;
let terminal: Signer;
beforeAll(async () => {
  fleet = await foundFleet();
  foreign = await foundFleet();
  kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
  terminal = await enrol(fleet, 'rt-one', 'return-terminal');
});

const PLAINTEXT = Buffer.from('a film that is worth its rent\n'.repeat(9000));

/** A copy bound to one player, written onto a secure medium. */
async function written(number = 1) {
  const chip = await chipOf(fleet, number);
  const files = memoryMedium('stick');
  const medium = withChip(files, chip);
  const player = { key: aPlayerKey(), ...(await freshIdentity()) };
  const stage = bench(fleet.trust, kiosk, number);
  await stage.drive.insert(medium);
  const records = memoryRecords();
  const input = aWrite(stage.random, records, PLAINTEXT, {
    mediumClass: 'secure',
    licence: aDraft(stage.random, { binding: 'players' }),
    playerRecipients: [player.recipient],
    playerKeys: [player.key.x],
  });
  const outcome = await writeCopy(stage.deps, input);
  if (outcome.kind !== 'written') throw new Error(JSON.stringify(outcome));
  return { chip, files, medium, player, stage, copyId: input.copyId, outcome };
}

async function returned(
  medium: ReturnType<typeof withChip<MemoryMedium>>,
  copyId: Parameters<typeof anAccept>[1],
) {
  const back = bench(fleet.trust, terminal, `back ${copyId}`);
  await back.drive.insert(medium);
  const accepted = await acceptReturn(back.deps, anAccept(back.random, copyId));
  if (accepted.kind !== 'accepted') throw new Error(JSON.stringify(accepted));
  const ledger = memoryRecords();
  const destroyed = await destroySlot(back.deps, { accepted: accepted.accepted, intents: ledger });
  if (destroyed.kind !== 'destroyed') throw new Error(JSON.stringify(destroyed));
  return { back, accepted: accepted.accepted, receipt: await receiptIn(destroyed.receiptJws) };
}

async function receiptIn(jws: string): Promise<Receipt> {
  const read = await verifyJws(jws, fleet.trust, {
    type: 'keyturn-receipt',
    schema: receiptSchema,
    roles: ['return-terminal'],
    validAt: 'signed-at',
    maxBytes: 24_576,
  });
  return value(read).payload;
}

describe('a copy on a secure medium', () => {
  it('SEC-5 RET-4 RNT-1: written, proven and purged without the key ever standing in a file', async () => {
    const { files, medium, player, stage, copyId, outcome } = await written();
    expect(outcome.licence.keyturn.mediumId).toBe(mediumIdOf(1));
    expect(files.files.has(slotFile(copyId))).toBe(false);
    const report = value(await inspectMedium(stage.deps));
    expect(report).toMatchObject({
      controllerId: mediumIdOf(1),
      identity: { mediumClass: 'secure', mediumId: mediumIdOf(1) },
      copies: [{ condition: 'active' }],
    });
    const mounted = stage.drive.current();
    if (mounted === null) throw new Error('no medium');
    const slot = value(await readSlot(mounted, copyId, { trust: fleet.trust, key: player.key }));
    expect(value(await openSlot(slot, player.identity))).toMatch(/^AGE-SECRET-KEY-1/);
    expect(await readSlot(mounted, copyId, { trust: fleet.trust, key: aPlayerKey() })).toMatchObject({
      error: { code: 'slot_not_for_this_player' },
    });

    const { accepted, receipt } = await returned(medium, copyId);
    const { proof, returnId } = accepted;
    expect(slotMacFits(outcome.commit.slotProofKey, proof.nonce, returnId, proof.mac)).toBe(true);
    expect(receipt).toMatchObject({ claim: 'PURGE', readBack: 'power-cycle' });
    const { slotCheck } = outcome.licence.keyturn;
    expect(value(await verifyPurgeStatement(receipt, slotCheck, fleet.trust))).toMatchObject({
      copyId,
      returnId,
    });
    await stage.drive.insert(medium);
    const after = stage.drive.current();
    if (after === null) throw new Error('no medium');
    expect(await readSlot(after, copyId, { trust: fleet.trust, key: player.key })).toMatchObject({
      error: { code: 'slot_destroyed' },
    });
    const again = await acceptReturn(stage.deps, anAccept(stage.random, copyId));
    expect(again.kind).toBe('already-returned');
  });

  it('SEC-5: files copied onto another medium, plain or secure, are no copy there', async () => {
    const { files, copyId } = await written(2);
    const onto = async (chip: ControllerChip | null) => {
      const clone = files.copy('clone');
      const stage = bench(fleet.trust, kiosk, 'clone');
      await stage.drive.insert(chip === null ? clone : withChip(clone, chip));
      return { found: await inspectMedium(stage.deps), stage };
    };
    for (const chip of [null, await chipOf(fleet, 3), await chipOf(foreign, 2)]) {
      const { found, stage } = await onto(chip);
      expect(found).toMatchObject({ error: { code: 'medium_counterfeit' } });
      expect(await acceptReturn(stage.deps, anAccept(stage.random, copyId))).toMatchObject({
        kind: 'refused',
        code: 'medium_counterfeit',
      });
    }
  });

  it('SEC-5 RET-4: a medium that only says it is secure is refused before anything is written', async () => {
    const stage = bench(fleet.trust, kiosk, 'word');
    const medium = memoryMedium('stick');
    await stage.drive.insert(medium);
    const blank = await writeCopy(
      stage.deps,
      aWrite(stage.random, memoryRecords(), PLAINTEXT, { mediumClass: 'secure' }),
    );
    expect(blank).toMatchObject({ kind: 'failed', code: 'medium_swapped' });
    const said = await written(4);
    medium.files.set(MEDIUM_FILE, said.files.files.get(MEDIUM_FILE) ?? new Uint8Array(0));
    expect(await inspectMedium(stage.deps)).toMatchObject({ error: { code: 'medium_counterfeit' } });
  });

  it('SEC-5 RET-4: bound to players of whom no signing key is known, nothing is written', async () => {
    const stage = bench(fleet.trust, kiosk, 'no keys');
    await stage.drive.insert(withChip(memoryMedium('stick'), await chipOf(fleet, 5)));
    const input = aWrite(stage.random, memoryRecords(), PLAINTEXT, {
      mediumClass: 'secure',
      licence: aDraft(stage.random, { binding: 'players' }),
      playerRecipients: [(await freshIdentity()).recipient],
    });
    expect(await writeCopy(stage.deps, input)).toMatchObject({ kind: 'failed', code: 'players_missing' });
  });
});

describe('a terminal that lies about the deletion', () => {
  it('SEC-5 RET-4: no statement, one of another return, medium, nonce or key, or one that no controller signed', async () => {
    const one = await written(6);
    const { receipt } = await returned(one.medium, one.copyId);
    const other = await written(8);
    const { receipt: theirs } = await returned(other.medium, other.copyId);
    const { slotCheck } = one.outcome.licence.keyturn;
    const judge = async (changed: Partial<Receipt>, check = slotCheck) => {
      const judged = await verifyPurgeStatement({ ...receipt, ...changed }, check, fleet.trust);
      return judged.ok ? 'believed' : judged.error.code;
    };
    expect(await judge({})).toBe('believed');
    const { purge: _none, ...bare } = receipt;
    expect(await verifyPurgeStatement(bare, slotCheck, fleet.trust)).toMatchObject({
      error: { code: 'purge_missing' },
    });
    if (theirs.purge === undefined) throw new Error('no statement');
    expect(await judge({ purge: theirs.purge })).toBe('purge_contradicts');
    expect(await judge({ returnId: theirs.returnId })).toBe('purge_contradicts');
    expect(await judge({ mediumId: theirs.mediumId })).toBe('purge_contradicts');
    expect(await judge({ proof: { ...receipt.proof, nonce: 'YW5vdGhlcg' } })).toBe('purge_contradicts');
    expect(await judge({}, other.outcome.licence.keyturn.slotCheck)).toBe('purge_contradicts');
    const payload = JSON.parse(Buffer.from(receipt.purge?.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const own = await signJws('keyturn-purge', payload, terminal, receipt.destroyedAt);
    expect(await judge({ purge: own })).toBe('wrong_role');
    const stranger = await enrol(foreign, mediumIdOf(6), 'medium');
    expect(
      await judge({ purge: await signJws('keyturn-purge', payload, stranger, receipt.destroyedAt) }),
    ).toBe('certificate_foreign');
  });

  it('SEC-5, SYN-4: what a controller signs in a terminal whose clock stands days before its certificate began holds; after its end it does not', async () => {
    const { medium, copyId, outcome } = await written(9);
    const { receipt } = await returned(medium, copyId);
    const payload = JSON.parse(Buffer.from(receipt.purge?.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const controller = await enrol(fleet, mediumIdOf(9), 'medium');
    const at = async (days: number) => {
      const signedAt = epochMs(FOUNDED + days * 86_400_000);
      const purge = await signJws('keyturn-purge', payload, controller, signedAt);
      const read = await verifyPurgeStatement(
        { ...receipt, purge },
        outcome.licence.keyturn.slotCheck,
        fleet.trust,
      );
      return read.ok ? 'believed' : read.error.code;
    };
    expect([await at(-4), await at(0), await at(3650 * 3)]).toEqual([
      ...['believed', 'believed', 'certificate_expired'],
    ]);
  });
});
