import type { Page } from 'playwright-core';
import type { PlayerShelf } from '#firmware-sim/player/contract.ts';
import type { RefusalCode, ShelfCopy } from '#firmware-sim/player/shelf.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { cardAt, DAY, NOW } from './demo-titles.ts';
import type { PlayerPose } from './player-posing.ts';

const copy = (at: number, change: Partial<ShelfCopy> = {}): ShelfCopy => ({
  copyId: `01890000-0008-7000-8000-${String(at).padStart(12, '0')}` as CopyId,
  title: cardAt(at).name.en,
  mediaType: 'video/webm',
  bytes: 3_240_000_000,
  refusal: null,
  endsAt: epochMs(NOW + 2 * DAY),
  position: 0,
  ...change,
});
const refused = (at: number, refusal: RefusalCode): ShelfCopy => copy(at, { refusal, mediaType: null });

const shelf = (change: Partial<PlayerShelf> = {}): PlayerShelf => ({
  medium: 'ready',
  copies: [],
  playerId: 'player-1',
  now: NOW,
  trouble: null,
  pairing: { state: 'registered', code: null },
  pairable: true,
  ...change,
});
const heading = (page: Page) => page.getByRole('heading', { level: 1 }).waitFor();

export const PLAYER_POSES: readonly PlayerPose[] = [
  { name: 'insert', main: true, shelf: shelf({ medium: 'missing' }), stands: heading },
  {
    name: 'shelf',
    main: true,
    shelf: shelf({
      copies: [copy(0, { position: 1260 }), copy(1, { mediaType: 'audio/ogg' }), copy(7, { endsAt: null })],
    }),
    stands: heading,
  },
  {
    name: 'shelf-refused',
    main: true,
    shelf: shelf({
      copies: [
        refused(3, 'copy_returned'),
        refused(5, 'copy_expired'),
        refused(9, 'copy_not_for_this_player'),
        refused(11, 'copy_damaged'),
      ],
    }),
    stands: heading,
  },
  { name: 'blank', main: false, shelf: shelf({ medium: 'blank' }), stands: heading },
  { name: 'foreign', main: false, shelf: shelf({ medium: 'foreign' }), stands: heading },
  { name: 'unreadable', main: false, shelf: shelf({ medium: 'unreadable' }), stands: heading },
  {
    name: 'pairing',
    main: true,
    shelf: shelf({
      medium: 'missing',
      pairing: { state: 'unknown', code: { code: '4711-0815', until: epochMs(NOW + 600_000) } },
    }),
    stands: (page) => page.getByTestId('pairing-code').waitFor(),
  },
  {
    name: 'trouble',
    main: false,
    shelf: shelf({ copies: [copy(0)], trouble: { copyId: copy(0).copyId, code: 'chunk_damaged' } }),
    stands: (page) => page.getByTestId('trouble').waitFor(),
  },
];
