import { createHash } from 'node:crypto';
import type { ReportStore } from '#hub/ports/report-store.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { StaffDeps } from './deps.ts';

export const BEAT = milliseconds(1000);

export type Pulse = Awaited<ReturnType<ReportStore['pulse']>>;
export type Part = keyof Pulse;
/** The pulse as it is now, or was up to half a beat ago: what is told after it is then told once more, never missed. */
export type AskPulse = () => Promise<Pulse>;
export type PulseDeps = StaffDeps & { readonly pulse: AskPulse };

export const askPulse = (deps: StaffDeps): AskPulse =>
  oncePerBeat(deps, () => deps.db.stores.reports.pulse());

/** Asks once for all who ask within most of a beat. */
export function oncePerBeat<T>({ clock }: StaffDeps, ask: () => Promise<T>): () => Promise<T> {
  let asked: { readonly at: number; readonly answer: Promise<T> } | null = null;
  return () => {
    const now = clock.now();
    if (asked === null || now - asked.at >= BEAT / 2 || now < asked.at) asked = { at: now, answer: ask() };
    return asked.answer;
  };
}

const partsOf = (pulse: Pulse): Part[] => Object.keys(pulse) as Part[];
const signOf = (pulse: Pulse, part: Part): string =>
  `${part}-${createHash('sha256').update(pulse[part]).digest('base64url').slice(0, 12)}`;

/** Where the pulse stands, for an address: what a page was told of, whichever hub told it. */
export const positionOf = (pulse: Pulse): string =>
  partsOf(pulse)
    .map((part) => signOf(pulse, part))
    .join('.');

/** The parts that changed from one pulse to the next. */
export const changedBetween = (before: Pulse, now: Pulse): Part[] =>
  partsOf(now).filter((part) => now[part] !== before[part]);

/** The parts that changed since a position; all of them where it says nothing. */
export function changedSince(pulse: Pulse, position: string): Part[] {
  const known = new Set(position.split('.'));
  return partsOf(pulse).filter((part) => !known.has(signOf(pulse, part)));
}
