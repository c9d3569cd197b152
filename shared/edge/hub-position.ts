import { z } from 'zod';
import type { Ack, Lane } from '#shared/protocol/envelope.ts';
import type { LanePosition } from './store.ts';
import { table } from './store.ts';

/** The hub's timeline as each lane last heard it, and when there was contact: survives a restart. */
export const hubKnowledge = table('hub_knowledge', z.object({ timeline: z.string().max(32) }));
export const timelineKey = (lane: Lane): string => `timeline/${lane}`;

/** What an ack means to this terminal. Pure: the table of PR-10, PR-14 and PR-15. */
export type AckMeaning =
  | { readonly kind: 'ignore'; readonly why: 'other_session' | 'other_epoch' | 'old_timeline' | 'late' }
  | { readonly kind: 'rejected' }
  /** The hub has committed up to there. */
  | { readonly kind: 'advance'; readonly contiguous: number }
  /** A new timeline stands before the last ack: what is held goes again from there (SYN-6). */
  | { readonly kind: 'rewind'; readonly contiguous: number }
  /** Numbers and hub no longer fit together: a new epoch (SYN-3, SYN-6). */
  | { readonly kind: 'new_epoch'; readonly why: 'hub_ahead' | 'hub_before_held' };

export interface AckContext {
  readonly session: string | null;
  readonly epoch: string;
  readonly position: LanePosition;
  /** Timeline that this lane last heard; null before the first ack. */
  readonly timeline: string | null;
  /** Timelines that a newer one has replaced. */
  readonly replaced: ReadonlySet<string>;
}

export function readAck(ack: Ack, context: AckContext): AckMeaning {
  const { position } = context;
  if (context.session === null || (ack.session !== context.session && !(ack.rejection && ack.session === '')))
    return { kind: 'ignore', why: 'other_session' };
  if (ack.rejection === 'epoch_conflict' && ack.epoch !== context.epoch)
    return { kind: 'ignore', why: 'other_epoch' };
  if (ack.rejection !== null) return { kind: 'rejected' };
  if (ack.epoch !== context.epoch) return { kind: 'ignore', why: 'other_epoch' };
  if (context.replaced.has(ack.timeline)) return { kind: 'ignore', why: 'old_timeline' };
  if (ack.contiguous > position.last) return { kind: 'new_epoch', why: 'hub_ahead' };
  const moved = context.timeline !== null && context.timeline !== ack.timeline;
  if (ack.contiguous < position.acked && !moved) return { kind: 'ignore', why: 'late' };
  if (ack.lane === 0 && ack.contiguous + 1 < position.firstHeld)
    return { kind: 'new_epoch', why: 'hub_before_held' };
  if (ack.contiguous < position.acked) return { kind: 'rewind', contiguous: ack.contiguous };
  return { kind: 'advance', contiguous: ack.contiguous };
}
