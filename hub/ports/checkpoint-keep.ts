/** Keeps signed checkpoints of the audit trail outside of the database, so that whoever can rewrite the one does not hold the other (SEC-7). */
export interface CheckpointKeep {
  /** Appends one, durably. */
  add(jws: string): Promise<void>;
  /** All that are kept, oldest first; unreadable lines too: the check judges them. */
  all(): Promise<readonly string[]>;
  /** Puts what is kept aside under a name of its own, for whoever wants to compare later; then nothing is kept. */
  setAside(name: string): Promise<void>;
}
