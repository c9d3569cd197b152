import type { SiteId, TerminalId, TitleId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

/** What a row of figures is about beside its shop: nothing more, a title, or a terminal (a kiosk for rentals and money, who took it back for returns). */
export type FigureSubject = 'shop' | 'title' | 'terminal';

export interface FigureAsk {
  readonly siteIds: readonly SiteId[];
  /** Ascending; stretch n runs from edge n until edge n + 1. What lies outside of them is left out. */
  readonly edges: readonly EpochMs[];
  readonly subject: FigureSubject;
  /** Only this title; null: all. */
  readonly titleId: TitleId | null;
  /** Also points that belong to no shop (expired, given by hand). */
  readonly withoutShop: boolean;
}

/** Where a figure belongs: `siteId` null only for points of no shop; `subjectId` null where nobody knows or nothing was asked. */
export interface FigurePlace {
  readonly siteId: SiteId | null;
  readonly stretch: number;
  readonly subjectId: string | null;
}
export interface RentalFigure extends FigurePlace {
  readonly rentals: number;
}
export interface ReturnFigure extends FigurePlace {
  readonly returns: number;
  /** Of these, brought back after they were due. */
  readonly late: number;
}
/** Booked on `site_revenue` and `site_tax`, as taken: positive; by the time of the fact. */
export interface MoneyFigure extends FigurePlace {
  readonly unit: string;
  readonly net: number;
  readonly tax: number;
}
export interface PointFigure extends FigurePlace {
  readonly given: number;
  readonly used: number;
}

/** Sums by shop and stretch of time, from rows and entries found by their time; one statement each. */
export interface FigureStore {
  rentals(ask: FigureAsk): Promise<readonly RentalFigure[]>;
  returns(ask: FigureAsk): Promise<readonly ReturnFigure[]>;
  money(ask: FigureAsk): Promise<readonly MoneyFigure[]>;
  points(ask: FigureAsk): Promise<readonly PointFigure[]>;
  /** Rentals begun at a kiosk, or keys destroyed at a return terminal, by stretch; stretches without any are left out. */
  atTerminal(
    terminalId: TerminalId,
    edges: readonly EpochMs[],
  ): Promise<readonly { readonly stretch: number; readonly rentals: number; readonly returns: number }[]>;
  /** Terminals of the fleet with an open alert or a drive that does not work. */
  troubledTerminals(): Promise<number>;
}
