import type { Actor } from '#hub/app/deps.ts';
import type { ControllerRow, TerminalRow } from '#hub/ports/rows/index.ts';
import type { Stores } from '#hub/ports/stores.ts';
import type { EventId, MediumId, TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Bundle } from '#shared/protocol/terminal-api.ts';
import type { EnrolmentDeps, RequestFault } from './authority.ts';

/** A controller's certificate has no renewal: it lasts as long as the issuing certificate it hangs on. */
const CONTROLLER_LIFE = milliseconds(3650 * 86_400_000);

type CertifyFault = RequestFault | Fault<'medium_exists'>;

/**
 * Certifies the controller of a new secure medium (SEC-5): `certificateRequest` is signed by the key inside it and names the medium's id. Registered, and in the
 * audit trail. Faults: those of a request, `medium_exists` (this id has a controller, whoever's).
 */
export async function makeSecureMedium(
  deps: EnrolmentDeps,
  certificateRequest: string,
  mediumId: MediumId,
  actor: string,
  place: { readonly terminalId: TerminalId; readonly commandId: EventId } | null = null,
): Promise<Result<ControllerRow, CertifyFault>> {
  const granted = await deps.authority.certifyController(certificateRequest, mediumId, CONTROLLER_LIFE);
  if (!granted.ok) return granted;
  const { fingerprint, serial, chain, validTo } = granted.value;
  const row: ControllerRow = {
    ...{ fingerprint, serial, mediumId, certificateRequest, validTo, chain: [...chain] },
    ...{ issuedAt: deps.clock.now(), issuedBy: actor },
    ...{ terminalId: place?.terminalId ?? null, commandId: place?.commandId ?? null },
    ...{ revokedAt: null, revokedBy: null, revocationReason: null },
  };
  return deps.db.transaction(async (stores) => {
    if ((await stores.controllers.insert(row)) === 'exists')
      return fault('medium_exists', 'this medium has a controller already');
    await stores.audit.append({
      at: row.issuedAt,
      actor,
      action: 'medium.certified',
      subject: mediumId,
      detail: { serial, fingerprint, terminalId: row.terminalId },
    });
    return ok(row);
  });
}

/** Orders that still run, whatever the terminal has reported of them so far. */
const OPEN: readonly string[] = ['queued', 'sent', 'accepted', 'running'];

/**
 * A kiosk carries out staff's order: the blank controller in its drive asks in the ordered medium's name. The same request again gets the same certificate, so
 * that a kiosk that lost power goes on. Faults: `command_not_allowed` (no such order of this terminal, or no longer), those of `makeSecureMedium`.
 */
export async function certifyAtTerminal(
  deps: EnrolmentDeps,
  { terminalId }: Pick<TerminalRow, 'terminalId'>,
  asked: { readonly commandId: EventId; readonly certificateRequest: string },
): Promise<Result<readonly string[], CertifyFault | Fault<'command_not_allowed'>>> {
  const { stores } = deps.db;
  const { commandId, certificateRequest } = asked;
  const command = await stores.commands.find({ commandId });
  const mine =
    command !== null &&
    command.terminalId === terminalId &&
    OPEN.includes(command.state) &&
    command.expiresAt > deps.clock.now();
  if (!mine || command.order.kind !== 'make_secure_medium')
    return fault('command_not_allowed', 'nobody ordered a secure medium from this terminal now');
  const mediumId = command.order.mediumId as MediumId;
  const before = await stores.controllers.first({ mediumId });
  if (before !== null)
    return before.certificateRequest === certificateRequest && before.revokedAt === null
      ? ok(before.chain)
      : fault('medium_exists', 'this medium has another controller already');
  const place = { terminalId, commandId };
  const made = await makeSecureMedium(deps, certificateRequest, mediumId, command.issuedBy, place);
  return made.ok ? ok(made.value.chain) : made;
}

/**
 * Takes a controller's word away (SEC-5): stolen, copied, or of a kind that is broken. What demands a secure medium is not written there any more; the customer's
 * copies stay playable, and returns on it are taken. For good; twice is once.
 */
export async function revokeController(
  deps: Pick<EnrolmentDeps, 'db' | 'clock'>,
  actor: Actor,
  mediumId: MediumId,
  reason: string,
): Promise<Result<ControllerRow, Fault<'medium_missing'>>> {
  return deps.db.transaction(async (stores) => {
    const found = await stores.controllers.first({ mediumId });
    const row =
      found === null ? null : await stores.controllers.findForUpdate({ fingerprint: found.fingerprint });
    if (row === null) return fault('medium_missing', 'no controller of this medium was certified here');
    if (row.revokedAt !== null) return ok(row);
    const change = { revokedAt: deps.clock.now(), revokedBy: actor, revocationReason: reason };
    await stores.controllers.patch({ fingerprint: row.fingerprint }, change);
    await stores.audit.append({
      at: change.revokedAt,
      actor,
      action: 'medium.controller_revoked',
      subject: mediumId,
      detail: { reason, serial: row.serial },
    });
    return ok({ ...row, ...change });
  });
}

/** Newest first. */
export const controllersOf = (stores: Pick<Stores, 'controllers'>): Promise<readonly ControllerRow[]> =>
  stores.controllers.list({}, { orderBy: ['issuedAt'], descending: true, limit: 500 });

export const controllerRevoked = async (
  stores: Pick<Stores, 'controllers'>,
  mediumId: MediumId,
): Promise<boolean> => ((await stores.controllers.first({ mediumId }))?.revokedAt ?? null) !== null;

/** What terminals are told: the newest count. */
export async function revokedControllers(
  stores: Pick<Stores, 'controllers'>,
): Promise<NonNullable<Bundle['revokedControllers']>> {
  const newest = { orderBy: ['revokedAt', 'fingerprint'], descending: true, limit: 10_000 } as const;
  const rows = await stores.controllers.list({ revokedAt: { not: null } }, newest);
  return rows.map(({ mediumId }) => mediumId);
}
