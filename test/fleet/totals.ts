import type { RunReport } from './run.ts';

/** The size of a run, as it is asked for and as a failing seed is replayed. */
export interface Size {
  readonly devices: number;
  readonly days: number;
  readonly members: number;
  readonly faults: boolean;
}

/** From so many seeds on what only some members do is an average too. */
const MANY = 10;

/** A world in which hardly anything happened proves nothing: so much at least for each device and day, on average over all seeds. */
const LEAST = { rentals: 0.75, faults: 5, opened: 0.75, onSecureMedia: 0.08 } as const;

export interface Totals {
  readonly seeds: number;
  readonly rentals: number;
  readonly returns: number;
  readonly onSecureMedia: number;
  /** How often players opened a copy, and refused one. */
  readonly opened: number;
  readonly refused: number;
  readonly faults: number;
  readonly events: number;
}

export const faultsOf = (report: RunReport): number =>
  Object.values(report.faults).reduce((sum, count) => sum + count, 0);

export const totalsOf = (reports: readonly RunReport[]): Totals => ({
  seeds: reports.length,
  rentals: reports.reduce((sum, { rentals }) => sum + rentals, 0),
  returns: reports.reduce((sum, { returns }) => sum + returns, 0),
  onSecureMedia: reports.reduce((sum, { onSecureMedia }) => sum + onSecureMedia, 0),
  opened: reports.reduce((sum, { opened }) => sum + opened, 0),
  refused: reports.reduce((sum, { refused }) => sum + refused, 0),
  faults: reports.reduce((sum, report) => sum + faultsOf(report), 0),
  events: reports.reduce((sum, { events }) => sum + events, 0),
});

/** Why so little proves nothing; empty: enough happened. */
export function tooLittle(totals: Totals, { devices, days, faults }: Size): readonly string[] {
  const share = totals.seeds * devices * days;
  const wrong: string[] = [];
  if (totals.rentals < LEAST.rentals * share)
    wrong.push(`only ${totals.rentals} rentals; at least ${Math.ceil(LEAST.rentals * share)} were expected`);
  if (totals.seeds >= MANY && totals.onSecureMedia < LEAST.onSecureMedia * share)
    wrong.push(
      `only ${totals.onSecureMedia} rentals on secure media; at least ${Math.ceil(LEAST.onSecureMedia * share)} were expected`,
    );
  if (totals.opened < LEAST.opened * share)
    wrong.push(
      `players opened only ${totals.opened}; at least ${Math.ceil(LEAST.opened * share)} were expected`,
    );
  if (faults && totals.faults < LEAST.faults * share)
    wrong.push(`only ${totals.faults} faults; at least ${Math.ceil(LEAST.faults * share)} were expected`);
  return wrong;
}

/** The one line that runs a seed again. */
export const replayLine = (seed: string, { devices, days, members, faults }: Size): string =>
  `npm run sim -- --seed ${seed} --devices ${devices} --days ${days} --members ${members}${faults ? '' : ' --calm'} --print`;
