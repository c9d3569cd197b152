import { createHash } from 'node:crypto';
import type { Actor, HubDeps } from '#hub/app/deps.ts';
import type { SecurityAlarm } from '#hub/app/security/alarm.ts';
import type { TerminalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { type EpochMs, epochMs, milliseconds } from '#shared/kernel/time.ts';
import type { FleetTrust } from '#shared/media/signing.ts';
import { verifyWipeReceipt, type WipeReceipt } from '#shared/media/wipe-receipt.ts';
import { newId } from '#shared/ports/random.ts';
import type { DecommissionOrder } from '#shared/protocol/commands.ts';
import type { Owes } from '#shared/protocol/envelope.ts';
import { firstConfig } from './enrolment.ts';
import type { TerminalGate } from './gate.ts';
import { revokeCertificates } from './revocation.ts';

/** Why a certificate ended in good order: what it signed before counts for ever, since its key is gone (FLT-3). */
export const DECOMMISSIONED = 'decommissioned';

export type DecommissionFault = Fault<
  'terminal_missing' | 'decommission_not_possible' | 'decommission_asked' | 'decommission_not_asked'
>;
export interface DecommissionWish {
  readonly terminalId: TerminalId;
  /** Also while the card reader still owes an answer. */
  readonly nevertheless: boolean;
}

/** Whether staff may ask for it now: only an active terminal can settle and wipe itself; others are revoked. */
export async function mayDecommission(
  stores: Pick<Stores, 'terminals'>,
  wish: DecommissionWish,
): Promise<Result<TerminalRow, DecommissionFault>> {
  const terminal = await stores.terminals.findForUpdate({ terminalId: wish.terminalId });
  if (terminal === null) return fault('terminal_missing', 'there is no terminal of this id');
  if (terminal.state !== 'active')
    return fault('decommission_not_possible', 'only a terminal that is part of the fleet can wipe itself');
  const present = terminal.configDesired?.decommission;
  if (present !== undefined && (present.nevertheless || !wish.nevertheless))
    return fault('decommission_asked', 'this terminal is being taken out of the fleet already');
  return ok(terminal);
}

/** FLT-3: what two people decided becomes the terminal's configuration; it obeys between customers. */
export async function orderDecommission(
  deps: Pick<HubDeps, 'clock'>,
  stores: Stores,
  people: { readonly requestedBy: Actor; readonly approvedBy: Actor; readonly requestId: string },
  wish: DecommissionWish,
): Promise<Result<void, DecommissionFault>> {
  const terminal = await mayDecommission(stores, wish);
  if (!terminal.ok) return terminal;
  const { nevertheless } = wish;
  await setOrder(stores, terminal.value, { orderId: people.requestId, nevertheless });
  await stores.audit.append({
    at: deps.clock.now(),
    actor: people.requestedBy,
    action: 'terminal.decommission_ordered',
    subject: wish.terminalId,
    detail: { nevertheless, approvedBy: people.approvedBy, requestId: people.requestId },
  });
  return ok(undefined);
}

/** Staff think better of it: the terminal serves customers again, unless it has wiped itself by then. */
export async function callOffDecommission(
  deps: HubDeps,
  actor: Actor,
  terminalId: TerminalId,
): Promise<Result<void, DecommissionFault>> {
  return deps.db.transaction(async (stores) => {
    const terminal = await stores.terminals.findForUpdate({ terminalId });
    if (terminal === null) return fault('terminal_missing', 'there is no terminal of this id');
    const order = terminal.configDesired?.decommission;
    if (terminal.state !== 'active' || order === undefined)
      return fault('decommission_not_asked', 'nobody takes this terminal out of the fleet now');
    await setOrder(stores, terminal, null);
    await stores.audit.append({
      at: deps.clock.now(),
      actor,
      action: 'terminal.decommission_called_off',
      subject: terminalId,
      detail: { orderId: order.orderId },
    });
    return ok(undefined);
  });
}

const setOrder = (
  stores: Pick<Stores, 'terminals'>,
  { terminalId, configDesired }: TerminalRow,
  order: DecommissionOrder | null,
): Promise<boolean> => {
  const { decommission: _, ...rest } = configDesired ?? firstConfig();
  const version = rest.version + 1;
  const next = { ...rest, version, ...(order === null ? {} : { decommission: order }) };
  return stores.terminals.patch({ terminalId }, { configDesired: next });
};

type Lanes = readonly { readonly lane: number; readonly epoch: string; readonly last: number }[];

/**
 * May this terminal wipe itself (FLT-3)? Only where two people asked for it, and everything that it ever reported is committed here: the hub looks
 * into its own books, so that no forged acknowledgement and no order from a stranger at the broker can empty a terminal that still owes something.
 */
export async function readyToWipe(
  deps: Pick<HubDeps, 'db'>,
  { terminalId }: Pick<TerminalRow, 'terminalId'>,
  lanes: Lanes,
): Promise<
  Result<{ readonly orderId: string }, Fault<'decommission_not_asked' | 'decommission_events_missing'>>
> {
  const { stores } = deps.db;
  const terminal = await stores.terminals.find({ terminalId });
  const order = terminal?.configDesired?.decommission;
  if (order === undefined)
    return fault('decommission_not_asked', 'nobody takes this terminal out of the fleet now');
  const missing = await missingOf(stores, terminalId, lanes);
  return missing.length === 0
    ? ok({ orderId: order.orderId })
    : fault('decommission_events_missing', 'the hub does not have all events of this terminal yet');
}

async function missingOf(
  stores: Pick<Stores, 'cursors'>,
  terminalId: TerminalId,
  lanes: Lanes,
): Promise<readonly { readonly lane: number; readonly from: number; readonly to: number }[]> {
  const cursors = await stores.cursors.list({ terminalId }, { limit: 1_000 });
  return lanes.flatMap(({ lane, epoch, last }) => {
    const cursor = cursors.find((one) => one.lane === lane && one.epoch === epoch);
    const contiguous = cursor?.contiguous ?? -1;
    return contiguous >= last ? [] : [{ lane, from: contiguous + 1, to: last }];
  });
}

export type WipeFault = Fault<'wipe_receipt_invalid'>;
type WipeDeps = HubDeps & {
  readonly trust: FleetTrust;
  readonly alarm: SecurityAlarm;
  readonly gate: Pick<TerminalGate, 'revoked'>;
};
/** The answer goes out over the connection that the revocation ends. */
const ANSWER_FIRST = milliseconds(1_000);
/** A terminal's clock may be ahead by so much: what it signed up to its last word stays good. */
const CLOCK_AHEAD_MS = 3_600_000;

/**
 * Takes a terminal's wipe receipt (FLT-3): its certificates end, it is out of the fleet, its held-back units are free. A receipt under the terminal's present
 * key is a fact, asked for or not: unasked, or with events that the hub does not have, staff hear of it.
 */
export async function takeWipeReceipt(
  deps: WipeDeps,
  terminalId: TerminalId,
  fingerprint: string,
  receipt: string,
): Promise<Result<void, WipeFault>> {
  const now = deps.clock.now();
  const read = await verifyWipeReceipt(receipt, deps.trust, now);
  if (!read.ok) return fault('wipe_receipt_invalid', read.error.message);
  const { payload, signer } = read.value;
  if (signer.id !== terminalId || signer.fingerprint !== fingerprint || payload.terminal !== terminalId)
    return fault('wipe_receipt_invalid', 'a terminal speaks for itself, with the key that it connects with');
  const order = await deps.db.transaction(async (stores) => {
    const terminal = await stores.terminals.findForUpdate({ terminalId });
    if (terminal === null || terminal.state === 'decommissioned') return null;
    const asked = terminal.configDesired?.decommission ?? null;
    const last = Math.min(Math.max(now, signer.signedAt + 1), now + CLOCK_AHEAD_MS);
    const certificates = await revokeCertificates(stores, terminalId, DECOMMISSIONED, epochMs(last));
    await stores.terminals.patch(
      { terminalId },
      { state: 'decommissioned', decommissionedAt: now, wipeReceipt: receipt, online: false },
    );
    await endOpenBusiness(stores, terminalId, now);
    const missing = await missingOf(stores, terminalId, payload.lanes);
    if (missing.length > 0) await tellMissing(deps, stores, terminalId, missing, now);
    const { lanes, elsewhere, openCards, orderId } = payload;
    await stores.audit.append({
      at: now,
      actor: `terminal:${terminalId}`,
      action: 'terminal.decommissioned',
      subject: terminalId,
      detail: { orderId, asked: asked !== null, certificates, lanes, elsewhere, openCards, missing, receipt },
    });
    return { asked: asked !== null };
  });
  if (order !== null && !order.asked)
    await deps.alarm.raise({
      code: 'security_wiped_unasked',
      subject: terminalId,
      severity: 'critical',
      message: `${terminalId} says that it has wiped itself, and nobody asked it to. It is out of the fleet.`,
      terminalId,
    });
  deps.clock.after(ANSWER_FIRST, () => deps.gate.revoked(terminalId));
  return ok(undefined);
}

/**
 * True for the very receipt that was taken from this connection's terminal: its answer was lost, and is given again although the certificate is
 * revoked by now. Nothing else is answered to it.
 */
export async function wasTaken(
  stores: Pick<Stores, 'certificates' | 'terminals'>,
  fingerprint: string,
  receipt: string,
): Promise<boolean> {
  const certificate = await stores.certificates.find({ fingerprint });
  if (certificate === null || certificate.revocationReason !== DECOMMISSIONED) return false;
  const terminal = await stores.terminals.find({ terminalId: certificate.terminalId });
  return terminal?.state === 'decommissioned' && terminal.wipeReceipt === receipt;
}

async function endOpenBusiness(stores: Stores, terminalId: TerminalId, now: EpochMs): Promise<void> {
  await stores.commands.patchWhere(
    { terminalId, state: ['queued', 'sent', 'accepted', 'running'] },
    { state: 'cancelled', updatedAt: now },
  );
  await stores.allotments.patchWhere({ terminalId }, { validUntil: now });
  for (const code of ['terminal_stale', 'certificate_expiring', 'certificate_expired'])
    await stores.alerts.clear({ code, subject: terminalId }, 'hub', now);
}

const tellMissing = (
  deps: HubDeps,
  stores: Stores,
  terminalId: TerminalId,
  missing: Awaited<ReturnType<typeof missingOf>>,
  now: EpochMs,
): Promise<unknown> =>
  stores.alerts.raise(
    newId<string>(deps.clock, deps.random),
    {
      code: 'wipe_events_missing',
      subject: terminalId,
      severity: 'critical',
      message: `${terminalId} has wiped itself, and this hub lacks events of it: ${missing
        .map(({ lane, from, to }) => `lane ${lane}, ${from} to ${to}`)
        .join('; ')}. They were lost with a restored backup.`,
      terminalId,
      rentalId: null,
    },
    now,
  );

/** What staff see of the way out (FLT-3); null: nobody has asked for it. */
export function leavingOf(terminal: TerminalRow): {
  readonly nevertheless: boolean;
  readonly obeys: boolean;
  readonly owes: Owes | null;
} | null {
  const config = terminal.configDesired;
  if (terminal.state !== 'active' || config?.decommission === undefined) return null;
  const owes = terminal.heartbeat?.owes ?? null;
  return { nevertheless: config.decommission.nevertheless, obeys: owes !== null, owes };
}

/** What a stored wipe receipt says, for staff; null where there is none. It was verified when it was taken. */
export function wipeOf({ wipeReceipt, decommissionedAt }: TerminalRow):
  | (Pick<WipeReceipt, 'wiped' | 'files' | 'bytes' | 'elsewhere' | 'openCards'> & {
      readonly at: EpochMs;
      readonly sha256: string;
      readonly receipt: string;
    })
  | null {
  if (wipeReceipt === null || decommissionedAt === null) return null;
  const body = wipeReceipt.split('.')[1] ?? '';
  const payload = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as WipeReceipt;
  const { wiped, files, bytes, elsewhere, openCards } = payload;
  const sha256 = createHash('sha256').update(wipeReceipt).digest('hex');
  return {
    wiped,
    files,
    bytes,
    elsewhere,
    openCards,
    at: decommissionedAt,
    sha256,
    receipt: wipeReceipt,
  };
}
