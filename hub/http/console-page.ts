import { serveStatic } from '@hono/node-server/serve-static';
import type { OpenAPIHono } from '@hono/zod-openapi';

/** Serves the built console. Addresses inside it (`/rentals/…`) are its own: all give the same page. */
export function consolePage(app: OpenAPIHono, folder: string): void {
  app.use('/assets/*', serveStatic({ root: folder }));
  app.get('/', serveStatic({ root: folder, path: 'index.html' }));
  app.get('/:file{[a-z0-9-]+\\.(js|svg|png|ico|webmanifest|woff2)}', serveStatic({ root: folder }));
}
