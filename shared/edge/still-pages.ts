import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Hono } from 'hono';
import { projectRoot } from '#shared/toolchain/assets.ts';

/** Where each file of `shared/ui/still` is served: beside the style sheets of the design system, as it lies on the disk. */
const FILES: Readonly<Record<string, { readonly file: string; readonly mediaType: string }>> = {
  '/still/watchdog.html': { file: 'still/watchdog.html', mediaType: 'text/html; charset=utf-8' },
  '/still/watchdog.js': { file: 'still/watchdog.js', mediaType: 'text/javascript; charset=utf-8' },
  '/still/still.css': { file: 'still/still.css', mediaType: 'text/css; charset=utf-8' },
  '/service-worker.js': { file: 'still/service-worker.js', mediaType: 'text/javascript; charset=utf-8' },
  '/tokens.css': { file: 'tokens.css', mediaType: 'text/css; charset=utf-8' },
  '/marquee.css': { file: 'marquee.css', mediaType: 'text/css; charset=utf-8' },
};

/**
 * What a touch screen needs while its program is away (SCR-7): the watchdog page, the service worker that keeps it in the browser, and `/alive`,
 * which tells any page that somebody answers here, and nothing more: the watchdog also waits as a file of the disk, another origin.
 */
export function stillPages(): Hono {
  const app = new Hono();
  app.get('/alive', (c) =>
    c.body(null, 204, { 'cross-origin-resource-policy': 'cross-origin', 'cache-control': 'no-store' }),
  );
  for (const [path, { file, mediaType }] of Object.entries(FILES))
    app.get(path, async (c) => {
      const bytes = await readFile(join(projectRoot(), 'shared', 'ui', file));
      return c.body(new Uint8Array(bytes), 200, { 'content-type': mediaType, 'cache-control': 'no-cache' });
    });
  return app;
}
