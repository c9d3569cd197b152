import type { RunReport } from './run.ts';

/** The size of a run, as it is asked for and as a failing seed is replayed. */
export interface Size {
  readonly devices: number;
  readonly days: number;
  readonly members: number;
  readonly faults: boolean;
  /** Every kind of fault in every world. */
  readonly together: boolean;
}

/** Where so much breaks at once people come to less. */
const TOGETHER = 0.6;
/** From so many seeds on what only some members do is an average too. */
const MANY = 10;

/** A world in which hardly anything happened proves nothing: so much at least for each device and day, on average over all seeds. */
const LEAST = {
  ...{ rentals: 0.75, faults: 5, opened: 0.75 },
  // What only some members or some visits bring.
  ...{
    onSecureMedia: 0.08,
    demanding: 0.03,
    demandsRefused: 0.01,
    blanksMade: 0.007,
    blanksDisturbed: 0.007,
    pairings: 0.01,
    wrongCodes: 0.01,
    lost: 0.012,
    found: 0.005,
  },
} as const;
/** How the rare things are called, where too few of them happened. */
const RARE = {
  onSecureMedia: 'rentals on secure media',
  demanding: 'rentals of titles that demand one',
  demandsRefused: 'of them refused on plain media',
  blanksMade: 'blank media made the fleet’s',
  blanksDisturbed: 'tries at that which were disturbed',
  pairings: 'players paired by a code',
  lost: 'rentals reported lost',
  found: 'of them settled as found',
  wrongCodes: 'codes typed that were wrong, over or others’',
} as const satisfies Partial<Record<keyof typeof LEAST, string>>;

export interface Totals {
  readonly seeds: number;
  readonly rentals: number;
  readonly returns: number;
  readonly onSecureMedia: number;
  readonly demanding: number;
  readonly demandsRefused: number;
  readonly blanksMade: number;
  readonly blanksDisturbed: number;
  readonly pairings: number;
  readonly wrongCodes: number;
  readonly lost: number;
  readonly found: number;
  /** How often players opened a copy, and refused one. */
  readonly opened: number;
  readonly refused: number;
  readonly faults: number;
  readonly events: number;
}

export const faultsOf = (report: RunReport): number =>
  Object.values(report.faults).reduce((sum, count) => sum + count, 0);

const sum = (reports: readonly RunReport[], pick: (report: RunReport) => number): number =>
  reports.reduce((total, report) => total + pick(report), 0);

export const totalsOf = (reports: readonly RunReport[]): Totals => ({
  seeds: reports.length,
  rentals: sum(reports, ({ rentals }) => rentals),
  returns: sum(reports, ({ returns }) => returns),
  onSecureMedia: sum(reports, ({ onSecureMedia }) => onSecureMedia),
  demanding: sum(reports, ({ demanding }) => demanding),
  demandsRefused: sum(reports, ({ demandsRefused }) => demandsRefused),
  blanksMade: sum(reports, ({ blanksMade }) => blanksMade),
  blanksDisturbed: sum(reports, ({ blanksDisturbed }) => blanksDisturbed),
  pairings: sum(reports, ({ pairings }) => pairings),
  wrongCodes: sum(reports, ({ wrongCodes }) => wrongCodes),
  lost: sum(reports, ({ lost }) => lost),
  found: sum(reports, ({ found }) => found),
  opened: sum(reports, ({ opened }) => opened),
  refused: sum(reports, ({ refused }) => refused),
  faults: sum(reports, faultsOf),
  events: sum(reports, ({ events }) => events),
});

/** Why so little proves nothing; empty: enough happened. */
export function tooLittle(totals: Totals, { devices, days, faults, together }: Size): readonly string[] {
  const share = totals.seeds * devices * days * (together ? TOGETHER : 1);
  const wrong: string[] = [];
  if (totals.rentals < LEAST.rentals * share)
    wrong.push(`only ${totals.rentals} rentals; at least ${Math.ceil(LEAST.rentals * share)} were expected`);
  for (const kind of Object.keys(RARE) as (keyof typeof RARE)[])
    if (totals.seeds >= MANY && totals[kind] < LEAST[kind] * share)
      wrong.push(
        `only ${totals[kind]} ${RARE[kind]}; at least ${Math.ceil(LEAST[kind] * share)} were expected`,
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
