/** A group of batches on its way into the database (DESIGN §3). */
export interface CommittedGroup {
  readonly batches: number;
  /** Kinds of its events, one for each event, repeated ones too. */
  readonly kinds: readonly string[];
  readonly seconds: number;
}

/** A request that was answered. `route`: its pattern, never its path, so that ids make no series of their own. */
export interface AnsweredRequest {
  readonly door: 'public' | 'terminals';
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

/** What the hub counts while it works (OPS-4). Nothing that names a person, a terminal or a title comes here (SEC-9). Never throws. */
export interface HubMetrics {
  committed(group: CommittedGroup): void;
  /** From a batch's arrival to its commit. */
  waited(seconds: number): void;
  commitTriedAgain(): void;
  /** A group that could not be committed, for no passing reason. */
  commitFailed(): void;
  /** A batch that was not taken: too much waits already. */
  turnedAway(): void;
  answered(request: AnsweredRequest): void;
  /** A job ran to its end, or failed. */
  job(run: { readonly name: string; readonly seconds: number; readonly failed: boolean }): void;
}

/** Counts nothing: for programs that nobody watches. */
export const noMetrics: HubMetrics = {
  committed: () => {},
  waited: () => {},
  commitTriedAgain: () => {},
  commitFailed: () => {},
  turnedAway: () => {},
  answered: () => {},
  job: () => {},
};
