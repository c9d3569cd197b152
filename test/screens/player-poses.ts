import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { PlayerShelf } from '#firmware-sim/player/contract.ts';
import type { RefusalCode, ShelfCopy } from '#firmware-sim/player/shelf.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';
import { cardAt, DAY, NOW } from './demo-titles.ts';
import type { PlayerPose } from './player-posing.ts';

export const copyIdAt = (at: number): CopyId =>
  `01890000-0008-7000-8000-${String(at).padStart(12, '0')}` as CopyId;

const copy = (at: number, change: Partial<ShelfCopy> = {}): ShelfCopy => ({
  copyId: copyIdAt(at),
  title: cardAt(at).name.en,
  mediaType: 'video/webm',
  bytes: 3_240_000_000,
  refusal: null,
  endsAt: epochMs(NOW + 2 * DAY),
  position: 0,
  begun: true,
  kept: false,
  poster: `./api/copies/${copyIdAt(at)}/poster`,
  subtitles: [],
  licence: {
    ...{ issuedAt: epochMs(NOW - DAY), end: epochMs(NOW + 2 * DAY) },
    ...{ startWithinSeconds: 30 * 86_400, finishWithinSeconds: 2 * 86_400 },
    ...{ print: 0, copy: 0, binding: 'players', terminal: 'kiosk-canal-street' },
  },
  ...change,
});
const refused = (at: number, refusal: RefusalCode): ShelfCopy => copy(at, { refusal, poster: null });

const shelf = (change: Partial<PlayerShelf> = {}): PlayerShelf => ({
  medium: 'ready',
  copies: [],
  advised: [],
  playerId: 'player-4a1c90d2e7b3',
  name: 'Living room',
  keyPrint: '4f1a 90c2 77de 0b35',
  now: NOW,
  trouble: null,
  pairing: { state: 'registered', code: null },
  pairable: true,
  ...change,
});
const heading = (page: Page) => page.getByRole('heading', { level: 1 }).waitFor();

const edition = (name: string): Uint8Array =>
  readFileSync(join(projectRoot(), 'firmware-sim/demo/catalogue/editions', name));
const FILM = { mediaType: 'video/webm', bytes: edition('the-keepers-letter.webm') };
const MUSIC = { mediaType: 'audio/ogg', bytes: edition('tide-tables.ogg') };
const GAME = { mediaType: 'text/html', bytes: edition('kite-over-rooftops.html') };
const PICTURE = { mediaType: 'image/webp', bytes: edition('thirty-six-windows.webp') };
const TEXT = {
  mediaType: 'text/plain',
  bytes: Buffer.from(
    'At the north exit of the station there is a library that lends only umbrellas.\n\n'.repeat(60),
  ),
};

const mixed = [
  copy(0, { position: 1260, subtitles: ['en', 'ja'] }),
  copy(1, { mediaType: 'audio/ogg', endsAt: epochMs(NOW + 5 * 3_600_000) }),
  copy(2, { mediaType: 'text/html', kept: true, endsAt: null }),
  refused(3, 'copy_returned'),
  refused(5, 'copy_expired'),
];
const advised = [6, 7, 8, 9].map((at) => ({
  titleId: copyIdAt(at),
  name: cardAt(at).name,
  reason: 'popular_here',
}));

async function opened(page: Page, testId: string): Promise<void> {
  await page.getByTestId('open').click();
  await page.getByTestId(testId).waitFor();
}

/** Where the pictures are alike: halted at the twelfth second. */
async function watched(page: Page): Promise<void> {
  await opened(page, 'video');
  await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2);
  await page.evaluate(() => {
    const video = document.querySelector('video');
    video?.pause();
    if (video !== null) video.currentTime = 12;
  });
  await page.waitForFunction(() => document.querySelector('video')?.seeking === false);
}

export const PLAYER_POSES: readonly PlayerPose[] = [
  { name: 'insert', main: true, shelf: shelf({ medium: 'missing' }), stands: heading },
  { name: 'shelf', main: true, shelf: shelf({ copies: mixed, advised }), stands: heading },
  {
    name: 'shelf-one',
    main: false,
    shelf: shelf({ copies: [copy(4, { begun: false, poster: null })] }),
    stands: heading,
  },
  ...(
    [
      ['copy_returned', 3],
      ['copy_expired', 5],
      ['copy_not_for_this_player', 9],
      ['copy_not_confirmed', 10],
      ['copy_damaged', 11],
      ['clock_set_back', 7],
    ] as const
  ).map(
    ([code, at]): PlayerPose => ({
      name: `shelf-${code.replaceAll('_', '-')}`,
      main: code === 'copy_returned',
      shelf: shelf({ copies: [refused(at, code)] }),
      stands: heading,
    }),
  ),
  { name: 'blank', main: false, shelf: shelf({ medium: 'blank' }), stands: heading },
  { name: 'foreign', main: false, shelf: shelf({ medium: 'foreign' }), stands: heading },
  { name: 'unreadable', main: false, shelf: shelf({ medium: 'unreadable' }), stands: heading },
  {
    name: 'terms',
    main: false,
    shelf: shelf({ copies: mixed }),
    stands: async (page) => {
      await page.getByTestId('terms').click();
      await page.getByTestId('terms-sheet').waitFor();
    },
  },
  {
    name: 'pairing',
    main: true,
    shelf: shelf({
      medium: 'missing',
      pairing: { state: 'unknown', code: { code: '4711-0815', until: epochMs(NOW + 600_000) } },
    }),
    stands: async (page) => {
      await page.getByTestId('device').click();
      await page.getByTestId('pairing-code').waitFor();
    },
  },
  {
    name: 'trouble',
    main: false,
    shelf: shelf({ copies: [copy(0)], trouble: { copyId: copyIdAt(0), code: 'chunk_damaged' } }),
    stands: (page) => page.getByTestId('trouble').waitFor(),
  },
  { name: 'film', main: true, shelf: shelf({ copies: mixed }), content: FILM, stands: watched },
  {
    name: 'keys',
    main: false,
    shelf: shelf({ copies: mixed }),
    content: FILM,
    stands: async (page) => {
      await watched(page);
      await page.keyboard.press('?');
      await page.getByTestId('keys-sheet').waitFor();
    },
  },
  {
    name: 'music',
    main: true,
    shelf: shelf({ copies: [copy(1, { mediaType: 'audio/ogg' }), copy(6, { mediaType: 'audio/ogg' })] }),
    content: MUSIC,
    stands: async (page) => {
      await opened(page, 'toggle');
      await page.waitForFunction(() => {
        const { readyState = 0, duration = Number.NaN } = document.querySelector('audio') ?? {};
        return readyState >= 2 && Number.isFinite(duration);
      });
      await page.evaluate(() => document.querySelector('audio')?.pause());
    },
  },
  {
    name: 'text',
    main: false,
    shelf: shelf({ copies: [copy(8, { mediaType: 'text/plain' })] }),
    content: TEXT,
    stands: (page) => opened(page, 'reading'),
  },
  {
    name: 'picture',
    main: false,
    shelf: shelf({ copies: [copy(9, { mediaType: 'image/webp' })] }),
    content: PICTURE,
    stands: (page) => opened(page, 'image'),
  },
  {
    name: 'game',
    main: false,
    shelf: shelf({ copies: [copy(2, { mediaType: 'text/html' })] }),
    content: GAME,
    stands: (page) => opened(page, 'frame'),
  },
];
