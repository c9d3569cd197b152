/** One place where a guard is taken out. */
export interface Cut {
  /** From the project's root. */
  readonly file: string;
  /** The guard: an expression of the file, word for word, that stands there once. */
  readonly guard: string;
  /** Words before the guard, where it stands more than once: the first one behind them is meant. */
  readonly after?: string;
  /** The expression that stands in its place while the hole is open. It sees what the guard sees. */
  readonly open: string;
}

/** A way in that is opened for one attack, so that the attack's row shows whether it sees it. */
export interface Hole {
  /** Unique, in kebab case: what is missing. */
  readonly id: string;
  /** Ids of the attacks that must report it. */
  readonly rows: readonly string[];
  readonly cuts: readonly Cut[];
  readonly says: 'GOT THROUGH' | 'NO TRACE';
  /** Of what the row prints then, so that no other fault is taken for this hole. */
  readonly evidence: string;
  /**
   * When the guard is asked. `any time`: at each attack, so that fleets are shared. `start`: once, while the fleet starts; such holes are open
   * together on a fleet that starts with them. `broker`: written into the configuration of Mosquitto, on a fleet that starts with it. `at the end`: as
   * `any time`, but the fleet is of no use afterwards.
   */
  readonly asked?: 'start' | 'broker' | 'at the end';
  /** Tried with every `npm test`; the others with `npm run attack -- --holes`. */
  readonly sample?: true;
}
