import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { MediumReport } from '#shared/media/orders.ts';
import { sha256Hex } from '#shared/protocol/primitives.ts';
import { type EdgeStore, table } from './store.ts';
import type { TerminalRuntime } from './terminal.ts';

/** What was carried last of a player's file on a medium, so that the same is not carried at every visit. */
const carried = table('carried_openings', z.object({ sha256: sha256Hex }));
const KEPT = 2_000;

/**
 * Carries what players left of their openings on a medium to the hub (SEC-8): each file once, as it was signed. The terminal does not look into it; which
 * player signed it was checked when the medium was read.
 */
export function carryOpenings(
  runtime: Pick<TerminalRuntime, 'clock' | 'record'> & { readonly store: Pick<EdgeStore, 'get' | 'list'> },
  report: Pick<MediumReport, 'identity' | 'players'>,
): void {
  const mediumId = report.identity?.mediumId;
  if (mediumId === undefined) return;
  for (const { playerId, openingsJws } of report.players) {
    if (openingsJws === null) continue;
    const key = `${mediumId}.${playerId}`;
    const sha256 = createHash('sha256').update(openingsJws).digest('hex');
    if (runtime.store.get(carried, key)?.sha256 === sha256) continue;
    const all = runtime.store.list(carried);
    runtime.record((tx) => {
      if (all.length >= KEPT) for (const one of all) tx.remove(carried, one.key);
      tx.put(carried, key, { sha256 });
      tx.emit({
        kind: 'player.openings',
        data: { mediumId, openings: openingsJws, at: runtime.clock.now() },
      });
    });
  }
}
