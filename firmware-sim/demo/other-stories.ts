import { z } from 'zod';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import { table } from '#shared/edge/store.ts';
import type { RecordTransaction, TerminalRuntime } from '#shared/edge/terminal.ts';
import type { SiteId } from '#shared/kernel/ids.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import { demoId } from './seed/ids.ts';
import { siteIdOf, titleIdOf } from './seed/shops.ts';

const told = table('demo_told', z.object({ at: z.number() }));

interface Telling {
  readonly tx: RecordTransaction;
  readonly at: EpochMs;
  readonly members: ReadonlyMap<string, MemberRow>;
}

/**
 * What the other terminals have to say on their first day. It goes the way of everything that terminals report: outbox, hub, ledger or list
 * for staff; told once, in one transaction with the note that it was told.
 */
export function tellOnce(runtime: TerminalRuntime, members: ReadonlyMap<string, MemberRow>): void {
  const story = STORIES[runtime.identity.terminalId];
  if (story === undefined) return;
  const at = runtime.clock.now();
  runtime.record((tx) => {
    if (tx.get(told, 'first-day') !== null) return;
    tx.put(told, 'first-day', { at });
    story({ tx, at, members });
  });
}

const STORIES: Readonly<Record<string, (telling: Telling) => void>> = {
  // The only unit of one title is out, another is not released yet: people queue (RSV-1).
  'berlin-kiosk-2': (telling) => {
    for (const member of ['bruno', 'past-02', 'past-06']) reserve(telling, member, 'night-tram', 'berlin');
    for (const member of ['clara', 'past-03', 'past-11']) reserve(telling, member, 'winter-wolf', 'berlin');
  },
  'tokyo-kiosk-1': (telling) => {
    for (const member of ['emi', 'past-31', 'past-35']) reserve(telling, member, 'winter-wolf', 'tokyo');
    reserve(telling, 'daichi', 'the-long-snow', 'tokyo');
  },
  'tokyo-kiosk-2': ({ tx, at }) => {
    const message = 'Slot 2 did not recognise the last three media; somebody should look at its contacts.';
    tx.emit({ kind: 'drive.fault', data: { drive: 'slot 2', code: 'drive_worn', message, at } });
  },
  // A rating whose rental the hub never heard of: for the list of staff, with retry and dismiss (SYN-3).
  'berlin-return-2': ({ tx, at }) => {
    tx.emit({
      kind: 'rating.given',
      data: {
        rentalId: demoId('rental', 'of a kiosk long gone'),
        titleId: titleIdOf('ink-garden'),
        stars: 4,
        at,
      },
    });
  },
};

function reserve({ tx, at, members }: Telling, slug: string, title: string, site: string): void {
  const member = members.get(slug);
  if (member === undefined) return;
  const siteId: SiteId = siteIdOf(site);
  tx.emit({
    kind: 'reservation.requested',
    data: {
      reservationId: demoId('reservation', `${slug} ${title}`),
      titleId: titleIdOf(title),
      memberToken: member.token,
      rentalId: null,
      siteId,
      at,
    },
  });
}
