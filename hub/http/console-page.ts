import { serveStatic } from '@hono/node-server/serve-static';
import type { OpenAPIHono } from '@hono/zod-openapi';

const POLICY = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "style-src 'self' 'unsafe-inline'",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Serves the built console. Addresses inside it (`/rentals/…`) are its own: all give the same page. */
export function consolePage(app: OpenAPIHono, folder: string): void {
  app.use('*', async (c, next) => {
    await next();
    if (c.res.headers.get('content-type')?.startsWith('text/html') === true && !c.req.path.startsWith('/r/'))
      c.res.headers.set('content-security-policy', POLICY);
  });
  app.use('/assets/*', serveStatic({ root: folder }));
  app.get('/', serveStatic({ root: folder, path: 'index.html' }));
  app.get('/:file{[a-z0-9-]+\\.(svg|png|ico|webmanifest|woff2)}', serveStatic({ root: folder }));
}
