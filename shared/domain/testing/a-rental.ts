import type { RentalId, ReturnId, TerminalId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { applyRentalEvent, type RentalEvent, type RentalState, type RentalStep } from '../rental.ts';

/** Times in these tables are small numbers of milliseconds: only their order matters. */
const at = (value: number) => epochMs(value);
const id = (name: string) => name as unknown as ReturnId & RentalId;

export const prepared: RentalEvent = { kind: 'prepared', at: at(90) };
export const started: RentalEvent = { kind: 'started', at: at(100) };
export const held: RentalEvent = { kind: 'held', at: at(95) };
export const complete: RentalEvent = { kind: 'held_settled_complete', at: at(150) };
export const wiped: RentalEvent = { kind: 'held_wiped', at: at(150) };
export const unseen: RentalEvent = { kind: 'held_unseen', at: at(900) };
export const voided: RentalEvent = { kind: 'voided', at: at(96), reason: 'medium_full' };
export const expired: RentalEvent = { kind: 'pending_expired', at: at(500) };
const facts = (returnId: string, t0: number, offlineSinceT0 = false) => ({
  at: at(t0),
  returnId: id(returnId),
  terminalId: 'rt-1' as TerminalId,
  t0: at(t0),
  licenceStart: at(98),
  offlineSinceT0,
});
export const accepted = (returnId: string, t0: number, offline = false): RentalEvent => ({
  kind: 'return_accepted',
  ...facts(returnId, t0, offline),
});
export const destroyed = (
  returnId: string,
  t0: number,
  offline = false,
  receiptId = `rc-${returnId}`,
): RentalEvent => ({
  kind: 'destroyed',
  receiptId,
  ...facts(returnId, t0, offline),
});
/** What another terminal tells of T0, and the receipt of one that says for certain who took the medium. */
export const toldBy = (terminalId: string, t0: number, told = t0): RentalEvent =>
  ({ ...accepted('r1', t0), terminalId, told }) as RentalEvent;
export const proven = (t0: number, by: { took: string; finisher: string }): RentalEvent =>
  ({ ...destroyed('r1', t0), terminalId: by.took, finisher: by.finisher }) as RentalEvent;
/** Before it overwrote a byte this terminal showed the slot; `proof`: as nobody could judge it yet. */
export const shown = (terminalId: string, proof?: { nonce: string; mac: string }): RentalEvent => ({
  kind: 'slot_shown',
  ...{ at: at(210), returnId: id('r1'), terminalId: terminalId as TerminalId },
  ...(proof === undefined ? {} : { proof }),
});
/** The receipt of a terminal that found the slot overwritten, and no record of who began. */
export const unnamed = (t0: number, by: string): RentalEvent =>
  ({ ...destroyed('r1', t0), terminalId: by, overwritten: 'unnamed' }) as RentalEvent;
/** The receipt of a terminal that found the slot overwritten, and read on the medium who had taken it. */
export const read = (t0: number, by: { took: string; finisher: string }): RentalEvent =>
  ({ ...proven(t0, by), overwritten: 'named' }) as RentalEvent;
export const abandoned = (returnId: string): RentalEvent => ({
  kind: 'return_abandoned',
  at: at(210),
  returnId: id(returnId),
});
export const keep: RentalEvent = { kind: 'keep_limit_passed', at: at(700), keepAt: at(600) };
export const lost = (when: number): RentalEvent => ({ kind: 'reported_lost', at: at(when) });
export const found = (decision: 'handed_in' | 'resume'): RentalEvent => ({
  kind: 'found_again',
  at: at(800),
  decision,
});

export function run(...events: RentalEvent[]): RentalStep {
  let step: RentalStep | null = null;
  let state: RentalState | null = null;
  for (const event of events) {
    step = applyRentalEvent(state, event);
    state = step.state;
  }
  if (step === null) throw new Error('no event');
  return step;
}
export const alertsOf = (step: RentalStep) =>
  step.effects.flatMap((effect) => (effect.kind === 'alert' ? [effect.alert] : []));
export const basis = (start: number, stop: number, ending: string, returnId: string | null) => ({
  start,
  stop,
  ending,
  returnId,
});
