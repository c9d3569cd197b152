import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemRandom } from '#shared/edge/drivers/system-random.ts';
import type { TerminalRole } from '#shared/edge/identity.ts';
import type { ReturnId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { type Licence, licenceSchema } from '#shared/media/licence.ts';
import type { Receipt } from '#shared/media/receipt.ts';
import { slotProofKey } from '#shared/media/slot-proof.ts';
import { newId } from '#shared/ports/random.ts';
import type { DomainEvent } from '#shared/protocol/events.ts';
import { type Forgery, NO_RECEIPT, signReturn } from '#test/support/forged-return.ts';
import type { TestMember } from '#test/support/live-fleet.ts';
import type { Target } from '../contract.ts';

/** A rented medium as its thief reads it. */
export interface Loot {
  readonly stick: string;
  readonly member: TestMember;
  readonly licence: Licence;
  readonly licenceJws: string;
  /** What only the slot's bytes give (RET-7). */
  readonly proofKey: string;
}

/** Rents one title for a member of its own; the medium is out of every drive then. */
export async function rentOne({ fleet }: Target): Promise<Loot> {
  const member = await fleet.member();
  const titleId = await fleet.title('Loot');
  const stick = fleet.stick();
  await fleet.rent(stick, member, [titleId]);
  await fleet.settled();
  const copies = join(fleet.own.mediumFolder(stick), 'KEYTURN', 'copies');
  const [copy = ''] = await readdir(copies);
  const licenceJws = await readFile(join(copies, copy, 'licence.jws'), 'utf8');
  const payload = Buffer.from(licenceJws.split('.')[1] ?? '', 'base64url').toString('utf8');
  const licence = licenceSchema.parse(JSON.parse(payload));
  const slot = await readFile(join(copies, copy, 'slot.age'));
  return { stick, member, licence, licenceJws, proofKey: slotProofKey(slot, licence.keyturn.rentalId) };
}

/** The last receipt that the hub knows of the fleet's return terminal. */
export async function lastReceipt({ fleet, identities }: Target) {
  const { receipts } = fleet.own.hub.inside().db.stores;
  const { terminalId } = identities['return-terminal'];
  const [row] = await receipts.list({ terminalId }, { orderBy: ['counter'], descending: true, limit: 1 });
  return { counter: row?.counter ?? 0, previous: row?.receiptId ?? NO_RECEIPT, row: row ?? null };
}

/** A return that never was, signed with the stolen key of the return terminal, its place in the chain right unless `change` says otherwise. */
export async function forgeReturn(
  target: Target,
  loot: Loot,
  change: Partial<Receipt> & { readonly proofKey?: string } = {},
): Promise<Forgery> {
  const { fleet, identities } = target;
  const { proofKey = loot.proofKey, ...signed } = change;
  const { counter, previous } = await lastReceipt(target);
  const t0: EpochMs = fleet.own.clock.now();
  return signReturn(
    {
      signer: identities['return-terminal'].signer,
      ...{ licence: loot.licence, licenceJws: loot.licenceJws, proofKey, t0, link: { counter, previous } },
      returnId: newId<ReturnId>(fleet.own.clock, systemRandom),
      challenge: 1_000_000 + counter + (t0 % 1_000_000),
    },
    signed,
  );
}

/** Sends an event with a stolen terminal's own identity, over its own line, and waits until the hub has it. */
export async function sendAs({ fleet }: Target, role: TerminalRole, event: DomainEvent): Promise<void> {
  const { runtime } = role === 'kiosk' ? fleet.own.kiosk : fleet.own.returnTerminal;
  runtime.record((tx) => tx.emit(event));
  await fleet.settled();
}

/** What the attack was after: whether the meter still runs, nothing was charged, and the books are what they were. */
export async function stillOut({ fleet }: Target, loot: Loot): Promise<boolean> {
  const rental = await fleet.onlyRental(loot.member);
  const { amountDue, points } = await fleet.about(loot.member);
  const nothingBooked = amountDue.minor === 0 && points === 0;
  return rental.status === 'active' && rental.receipts.length === 0 && nothingBooked;
}

/** Money and points of a member, for comparing before and after. */
export async function purseOf({ fleet }: Target, { member }: Loot): Promise<string> {
  const { prepaid, amountDue, points } = await fleet.about(member);
  return JSON.stringify([prepaid, amountDue, points]);
}
