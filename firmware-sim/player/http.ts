import { serveStatic } from '@hono/node-server/serve-static';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { mediaTypeOf } from '#shared/edge/assets.ts';
import { localGuard } from '#shared/edge/local-guard.ts';
import { SECURITY_HEADERS } from '#shared/edge/security-headers.ts';
import { type CopyId, UUID_PATTERN } from '#shared/kernel/ids.ts';
import { type Answer, answerOutlet } from './answer.ts';
import type { PlayerDesk } from './contract.ts';
import { PiecePool, sendPieces } from './pieces.ts';
import type { OpenedCopy } from './shelf.ts';

/** What its listener hands in with each request. */
type Served = { Bindings: { readonly outgoing: Answer } };
export type PlayerApp = Hono<Served>;

const TOKEN = /^[A-Za-z0-9_-]{32}$/;

/** How a file is shown: never as a page of this origin, for programs are not trusted (SEC-8). */
const CONTENT_HEADERS = {
  'Content-Security-Policy':
    "sandbox allow-scripts; default-src 'unsafe-inline' data: blob:; media-src data: blob: 'self'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
  'Content-Disposition': 'inline',
};

/** The player's local page and its byte ranges. Addresses of content are unguessable and die with the medium. */
export function playerApp(player: PlayerDesk, uiFolder: string, names: readonly string[] = []): PlayerApp {
  const app = new Hono<Served>();
  const pool = new PiecePool();
  app.use('*', async (c, next) => {
    await next();
    // Content has headers of its own: the page shows it in a frame.
    if (c.res.headers.has('content-security-policy')) return;
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.res.headers.set(name, value);
  });
  app.use('*', localGuard({ names, refused: (code) => player.reportAttack(code) }));
  app.get('/health', (c) => c.json({ status: 'ok' }));
  app.get('/api/shelf', async (c) => c.json(await player.shelf(), 200, { 'Cache-Control': 'no-store' }));
  app.get('/api/shelf/events', (c) => shelfEvents(c, player));
  app.use('/api/*', bodyLimit({ maxSize: 4096 }));
  app.post('/api/copies/:copyId/open', async (c) => {
    const copyId = readCopyId(c);
    if (copyId === null) return problem(c, 'copy_unknown', 404);
    const opened = await player.open(copyId);
    return opened.ok ? c.json(opened.value) : problem(c, opened.error.code, 409);
  });
  app.get('/api/copies/:copyId/poster', async (c) => {
    const copyId = readCopyId(c);
    const poster = copyId === null ? null : ((await player.beside(copyId))?.poster ?? null);
    const mediaType = poster === null ? '' : mediaTypeOf(poster);
    if (poster === null || !mediaType.startsWith('image/')) return problem(c, 'copy_unknown', 404);
    return c.body(new Uint8Array(poster), 200, { 'Content-Type': mediaType, 'Cache-Control': 'no-store' });
  });
  app.get('/api/copies/:copyId/subtitles/:language', async (c) => {
    const copyId = readCopyId(c);
    const beside = copyId === null ? null : await player.beside(copyId);
    const found = beside?.subtitles.find(({ language }) => language === c.req.param('language'));
    if (found === undefined) return problem(c, 'copy_unknown', 404);
    return c.body(found.text, 200, {
      'Content-Type': 'text/vtt; charset=utf-8',
      'Cache-Control': 'no-store',
    });
  });
  app.post('/api/copies/:copyId/position', async (c) => {
    const copyId = readCopyId(c);
    const body = z
      .object({ seconds: z.number().min(0).max(1e7) })
      .safeParse(await c.req.json().catch(() => null));
    if (copyId === null || !body.success) return problem(c, 'malformed', 400);
    await player.rememberPosition(copyId, body.data.seconds);
    return c.body(null, 204);
  });
  app.post('/api/pair', async (c) => {
    const paired = await player.pair(true);
    return paired.ok ? c.json(paired.value) : problem(c, 'hub_away', 409);
  });
  app.get('/content/:token', (c) => sendContent(c, player, pool));
  app.all('/content/*', (c) => pathRefused(c, player));
  app.use('*', serveStatic({ root: uiFolder }));
  return app;
}

const readCopyId = (c: Context): CopyId | null => {
  const id = c.req.param('copyId') ?? '';
  return UUID_PATTERN.test(id) ? (id as CopyId) : null;
};

const problem = (c: Context, code: string, status: 400 | 404 | 409 | 410) =>
  c.json({ type: 'about:blank', title: code, status, code }, status, {
    'Content-Type': 'application/problem+json',
  });

function shelfEvents(c: Context, player: PlayerDesk) {
  return streamSSE(c, async (stream) => {
    let wake: () => void = () => {};
    const stop = player.watch(() => wake());
    stream.onAbort(() => {
      stop();
      wake();
    });
    while (!stream.aborted) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await stream.writeSSE({ event: 'shelf', data: JSON.stringify(await player.shelf()) });
      await changed;
    }
  });
}

/** One range as RFC 9110 §14 has it; several ranges are answered with the whole, as it allows. */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null) return 'whole';
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return 'whole';
  if (first === '') {
    const suffix = Number(last);
    return suffix === 0 || size === 0
      ? 'unsatisfiable'
      : { start: Math.max(0, size - suffix), end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return 'whole';
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

/** An address of content is a made-up name, never a path: somebody looks for files (SEC-8). */
function pathRefused(c: Context, player: PlayerDesk): Response {
  player.reportAttack('security_path_refused');
  return problem(c, 'medium_missing', 410);
}

async function sendContent(c: Context<Served>, player: PlayerDesk, pool: PiecePool): Promise<Response> {
  const token = c.req.param('token') ?? '';
  if (!TOKEN.test(token)) return pathRefused(c, player);
  const opened = player.opened(token);
  if (opened === null || !(await player.mayServe(opened))) return problem(c, 'medium_missing', 410);
  const size = opened.content.plaintextBytes;
  const range = parseRange(c.req.header('Range'), size);
  if (range === 'unsatisfiable') return c.body(null, 416, { 'Content-Range': `bytes */${size}` });
  const { start, end } = range === 'whole' ? { start: 0, end: size - 1 } : range;
  const headers: Record<string, string> = {
    ...CONTENT_HEADERS,
    'Content-Type': opened.mediaType,
    'Accept-Ranges': 'bytes',
    'Content-Length': String(end - start + 1),
  };
  if (range !== 'whole') headers['Content-Range'] = `bytes ${start}-${end}/${size}`;
  const status = range === 'whole' ? 200 : 206;
  if (c.req.method === 'HEAD') return c.body(null, status, headers);
  const { outgoing } = c.env;
  outgoing.writeHead(status, headers);
  await sendInto(outgoing, { player, opened, start, end }, pool);
  // A copy of it: what the rest of the server puts on an answer is not for the next one.
  return RESPONSE_ALREADY_SENT.clone();
}

/** The answer breaks off where something is refused; the page asks for the reason. */
async function sendInto(
  answer: Answer,
  { player, opened, start, end }: { player: PlayerDesk; opened: OpenedCopy; start: number; end: number },
  pool: PiecePool,
): Promise<void> {
  const wanted = { content: opened.content, start, end, mayServe: () => player.mayServe(opened) };
  try {
    const sent = await sendPieces(wanted, answerOutlet(answer), pool);
    if (sent === 'sent') {
      answer.end();
      return;
    }
    if (typeof sent === 'object') player.reportTrouble(opened.copyId, sent.unreadable);
    // Also where not a byte could be sent: it is an answer that broke off, not a player that is not there.
    answer.flushHeaders();
    answer.destroy();
  } catch (error) {
    answer.destroy();
    throw error;
  } finally {
    await opened.rest();
  }
}
