import type { Closure } from '#shared/domain/site.ts';

/** Something that staff do: once, whatever becomes of the answer. */
export type StaffDeed = {
  /** The rental, the member, or the shop. */
  readonly of: string;
  /** False: the form is sent, and nobody has answered. */
  readonly done: boolean;
} & (
  | { readonly reason: 'complaint_refund' | 'written_off'; readonly minor: number }
  | { readonly reason: 'closure'; readonly closure: Closure }
);
/** By the key of its form. What the hub alone knew goes with a database that is set back (DESIGN §2), and so does this list. */
export type StaffDeeds = ReadonlyMap<string, StaffDeed>;
