import type { CommandState } from '#shared/protocol/commands.ts';
import type { EventData } from '#shared/protocol/events.ts';
import { type Applying, raise } from './context.ts';

/** FLT-1: what a terminal says of itself. Whatever else it names stands behind its own name: nobody raises or ends another's alarm (SEC-8). */
export function alertRaised(applying: Applying, data: EventData<'alert.raised'>): Promise<void> {
  const { terminalId } = applying;
  const own = data.subject === '' || data.subject === terminalId;
  const subject = own ? terminalId : `${terminalId}/${data.subject}`.slice(0, 128);
  return raise(applying, data.code, subject, 'warning', data.message);
}

const FINAL: readonly CommandState[] = ['done', 'failed', 'expired', 'cancelled'];

/** FLT-2: the true state of an order. A final state stays; one of another terminal's orders is left alone. */
export async function commandState(applying: Applying, data: EventData<'command.state'>): Promise<void> {
  const known = await applying.stores.commands.findForUpdate({ commandId: data.commandId });
  if (known === null || known.terminalId !== applying.terminalId || FINAL.includes(known.state)) return;
  await applying.stores.commands.patch(
    { commandId: data.commandId },
    { state: data.state, updatedAt: applying.now, fault: data.fault, output: data.output ?? known.output },
  );
}

export async function configApplied(applying: Applying, data: EventData<'config.applied'>): Promise<void> {
  await applying.stores.terminals.patch(
    { terminalId: applying.terminalId },
    { configReported: data.version },
  );
}

export const driveFault = (applying: Applying, data: EventData<'drive.fault'>): Promise<void> =>
  raise(applying, data.code, `${applying.terminalId}/${data.drive}`, 'warning', data.message);

/** CNT-1: what a kiosk holds, for staff and for the plan of what to send. */
export async function cacheChanged(applying: Applying, data: EventData<'cache.changed'>): Promise<void> {
  const key = { terminalId: applying.terminalId };
  const terminal = await applying.stores.terminals.findForUpdate(key);
  if (terminal === null) return;
  const { [data.titleId]: _before, ...others } = terminal.cache;
  const cache =
    data.state === 'dropped'
      ? others
      : { ...others, [data.titleId]: { state: data.state, bytes: data.bytes } };
  await applying.stores.terminals.patch(key, { cache });
}
