import type { Actor, HubDeps } from '#hub/app/deps.ts';
import { firstConfig } from '#hub/app/enrolment/enrolment.ts';
import type { AlertRow, CommandRow } from '#hub/ports/rows/index.ts';
import type { EventId, TerminalId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { newId } from '#shared/ports/random.ts';
import type { CommandOrder, TerminalConfig } from '#shared/protocol/commands.ts';

/** Tells whoever speaks to terminals (MQTT) that something waits for one; a lost call costs time only, the row stays. */
export interface TerminalNudge {
  nudge(terminalId: TerminalId): void;
}
type Deps = HubDeps & { readonly nudge: TerminalNudge };

/** Queues an order for a terminal (FLT-2); it goes out when the terminal is there, until it expires. */
export async function sendCommand(
  deps: Deps,
  actor: Actor,
  terminalId: TerminalId,
  order: CommandOrder,
  expiresInSeconds: number,
): Promise<Result<CommandRow, Fault<'terminal_missing' | 'command_not_allowed'>>> {
  const made = await deps.db.transaction(async (stores) => {
    const terminal = await stores.terminals.find({ terminalId });
    if (terminal === null) return fault('terminal_missing', 'there is no terminal of this id');
    if (terminal.state !== 'active')
      return fault('command_not_allowed', 'this terminal is not part of the fleet now');
    if ((order.kind === 'fetch_title' || order.kind === 'make_secure_medium') && terminal.role !== 'kiosk')
      return fault('command_not_allowed', 'only kiosks hold titles and make media');
    const now = deps.clock.now();
    const row: CommandRow = {
      commandId: newId<EventId>(deps.clock, deps.random),
      terminalId,
      order,
      state: 'queued',
      issuedBy: actor,
      issuedAt: now,
      expiresAt: epochMs(now + expiresInSeconds * 1000),
      updatedAt: now,
      fault: null,
      output: null,
    };
    await stores.commands.insert(row);
    await audit(deps, stores, actor, 'terminal.commanded', terminalId, { order: order.kind });
    return ok(row);
  });
  if (made.ok) deps.nudge.nudge(terminalId);
  return made;
}

/** Sets the desired configuration (FLT-2); refused when somebody changed it since the version it is based on. */
export async function putConfig(
  deps: Deps,
  actor: Actor,
  terminalId: TerminalId,
  basedOn: number,
  config: Omit<TerminalConfig, 'version' | 'decommission'>,
): Promise<Result<TerminalConfig, Fault<'terminal_missing' | 'config_conflict'>>> {
  const made = await deps.db.transaction(async (stores) => {
    const terminal = await stores.terminals.findForUpdate({ terminalId });
    if (terminal === null) return fault('terminal_missing', 'there is no terminal of this id');
    const present = terminal.configDesired ?? firstConfig();
    if (present.version !== basedOn)
      return fault('config_conflict', 'the configuration was changed meanwhile', {
        version: present.version,
      });
    // Who leaves the fleet is two people's business (FLT-3): no change of the configuration touches it.
    const { decommission } = present;
    const next: TerminalConfig = {
      ...config,
      version: present.version + 1,
      ...(decommission === undefined ? {} : { decommission }),
    };
    await stores.terminals.patch({ terminalId }, { configDesired: next });
    await audit(deps, stores, actor, 'terminal.configured', terminalId, { version: next.version });
    return ok(next);
  });
  if (made.ok) deps.nudge.nudge(terminalId);
  return made;
}

/** Puts an alert away; raised again, it comes back as a new one. */
export async function acknowledgeAlert(
  deps: HubDeps,
  actor: Actor,
  alertId: string,
): Promise<Result<AlertRow, Fault<'alert_missing'>>> {
  return deps.db.transaction(async (stores) => {
    const alert = await stores.alerts.findForUpdate({ alertId });
    if (alert === null) return fault('alert_missing', 'there is no alert of this id');
    if (alert.clearedAt === null) {
      await stores.alerts.clear({ code: alert.code, subject: alert.subject }, actor, deps.clock.now());
      await audit(deps, stores, actor, 'alert.acknowledged', alertId, {
        code: alert.code,
        subject: alert.subject,
      });
    }
    return ok((await stores.alerts.find({ alertId })) ?? alert);
  });
}

/** An alert that was put away by mistake is open again, unless the same was raised anew meanwhile: then that one is. */
export async function reopenAlert(
  deps: HubDeps,
  actor: Actor,
  alertId: string,
): Promise<Result<AlertRow, Fault<'alert_missing'>>> {
  return deps.db.transaction(async (stores) => {
    const alert = await stores.alerts.findForUpdate({ alertId });
    if (alert === null) return fault('alert_missing', 'there is no alert of this id');
    const openKey = `${alert.code}:${alert.subject}`;
    const standing = await stores.alerts.first({ openKey });
    if (alert.clearedAt === null || standing !== null) return ok(standing ?? alert);
    await stores.alerts.patch({ alertId }, { openKey, clearedAt: null, clearedBy: null });
    await audit(deps, stores, actor, 'alert.reopened', alertId, { code: alert.code, subject: alert.subject });
    return ok({ ...alert, openKey, clearedAt: null, clearedBy: null });
  });
}

const audit = (
  deps: HubDeps,
  stores: HubDeps['db']['stores'],
  actor: Actor,
  action: string,
  subject: string,
  detail: Readonly<Record<string, unknown>>,
) => stores.audit.append({ at: deps.clock.now(), actor, action, subject, detail });
