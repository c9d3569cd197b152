import type { Page } from 'playwright-core';
import { z } from 'zod';
import { mediaTypeOf } from '#shared/edge/assets.ts';
import { listenHttp } from '#shared/edge/drivers/http-listener.ts';
import { systemClock } from '#shared/edge/drivers/system-clock.ts';
import { createScreenApp } from '#shared/edge/screen-server.ts';
import { fault, ok } from '#shared/kernel/result.ts';
import { silentLog } from '#shared/ports/log.ts';
import { uiDirectory } from '#shared/toolchain/assets.ts';
import { POSTERS } from './demo-titles.ts';

export interface Posing<Snapshot> {
  readonly address: string;
  /** What pages have asked for, oldest first. */
  readonly asked: readonly unknown[];
  /** An open page follows at once. */
  show(snapshot: Snapshot): void;
  stop(): Promise<void>;
}

/** What all snapshots say. */
export interface Posed {
  readonly language: string;
  readonly view: { readonly screen: string };
}

/** Changes the open page to a snapshot and waits until it stands there with its pictures and letters. */
export async function strike<Snapshot extends Posed>(
  page: Page,
  served: Posing<Snapshot>,
  snapshot: Snapshot,
): Promise<void> {
  served.show(snapshot);
  await page.locator(`[data-testid="screen-${snapshot.view.screen}"][lang="${snapshot.language}"]`).waitFor();
  await settled(page);
}

/**
 * Waits until the page stands with its letters and with the pictures that are in sight. Pictures are painted with everything else from then on: of one
 * that is decoded aside (`decoding="async"`) the page knows only that it is there, and shows it a few frames later.
 */
export const settled = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const painted = () =>
      new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(undefined))));
    await painted();
    await document.fonts.ready;
    // Pictures beyond an edge, or without a size, are not fetched until somebody goes there.
    const seen = [...document.images].filter((image) => {
      const { left, top, right, bottom } = image.getBoundingClientRect();
      return right > Math.max(0, left) && bottom > Math.max(0, top) && left < innerWidth && top < innerHeight;
    });
    for (const image of seen) image.decoding = 'sync';
    const settled = Promise.all(seen.map((image) => image.decode().catch(() => undefined)));
    await Promise.race([settled, new Promise((done) => setTimeout(done, 15_000))]);
    await painted();
  });

/** The built page with a snapshot that stands still, through the terminal's own screen server. Intents are taken and change nothing. */
export async function posing<Snapshot>(
  ui: 'kiosk' | 'return-terminal' | 'gallery',
  first: Snapshot,
  port = 0,
): Promise<Posing<Snapshot>> {
  let shown = first;
  const asked: unknown[] = [];
  const listeners = new Set<() => void>();
  const app = createScreenApp<Snapshot, unknown>({
    screen: {
      intents: z.unknown(),
      snapshot: () => shown,
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      intent: async (intent) => {
        asked.push(intent);
        return ok(undefined);
      },
    },
    assets: {
      get: async (sha256) => {
        const bytes = POSTERS.get(sha256);
        return bytes === undefined
          ? fault('asset_unknown', 'no such picture')
          : ok({ bytes, mediaType: mediaTypeOf(bytes) });
      },
    },
    clock: systemClock,
    log: silentLog,
    uiFolder: uiDirectory(ui),
    health: () => ({}),
  });
  const listening = await listenHttp(app, port);
  if (!listening.ok) throw new Error(listening.error.message);
  return {
    address: `http://127.0.0.1:${listening.value.port}/`,
    asked,
    show: (snapshot) => {
      shown = snapshot;
      for (const listener of listeners) listener();
    },
    stop: () => listening.value.close(),
  };
}
