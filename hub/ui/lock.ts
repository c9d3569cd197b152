import type { TerminalDetail } from '#hub/http/contract/fleet.ts';

type Seen = Pick<TerminalDetail, 'locked' | 'heartbeatAt'> & {
  readonly commands: readonly Pick<
    TerminalDetail['commands'][number],
    'order' | 'state' | 'issuedAt' | 'updatedAt'
  >[];
};

/**
 * Whether a terminal is locked once it has done what it was told: its own word is as old as its last heartbeat, and an order that it was given since,
 * or has not carried out yet, comes after it.
 */
export function lockedSoon({ locked, heartbeatAt, commands }: Seen): boolean {
  const orders = commands
    .filter(({ order, state, updatedAt }) =>
      order.kind !== 'lock' || state === 'failed' || state === 'expired' || state === 'cancelled'
        ? false
        : state !== 'done' || updatedAt > (heartbeatAt ?? 0),
    )
    .toSorted((a, b) => b.issuedAt - a.issuedAt);
  const [newest] = orders;
  return newest?.order.kind === 'lock' ? newest.order.locked : locked;
}
