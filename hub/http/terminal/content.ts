import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { assetObject, editionObject } from '#hub/app/content/object-names.ts';
import type { ObjectStore } from '#hub/app/content/object-store.ts';
import { parseRange } from '#hub/app/content/range.ts';
import { problem } from '#hub/http/problem.ts';
import type { EditionRow } from '#hub/ports/rows/index.ts';
import { editionId, sha256Hex } from '#shared/protocol/primitives.ts';
import type { EditionManifest } from '#shared/protocol/terminal-api.ts';
import type { TerminalDeps } from './deps.ts';
import { terminalOf } from './guard.ts';

/** CNT-1: manifest, content by range, and pictures. Ids are checked before anything is looked up, so that a path never reaches the store. */
export function contentRoutes(app: OpenAPIHono, deps: TerminalDeps): void {
  app.get('/editions/:editionId/manifest', async (c) => {
    const edition = await editionOf(deps, c);
    if (edition === null) return editionMissing(c);
    const manifest: EditionManifest = {
      editionId: edition.editionId,
      bytes: edition.bytes,
      sha256: edition.sha256,
      chunkBytes: edition.chunkBytes,
      chunks: edition.chunks,
    };
    return c.json(manifest);
  });
  app.get('/editions/:editionId/content', async (c) => {
    const edition = await editionOf(deps, c);
    if (edition === null) return editionMissing(c);
    return sendObject(c, deps.objects, editionObject(edition.editionId), {
      etag: `"${edition.sha256}"`,
      bytes: edition.bytes,
      mediaType: edition.mediaType,
    });
  });
  app.get('/assets/:sha256', async (c) => {
    if (!sha256Hex.safeParse(c.req.param('sha256')).success) await pathRefused(deps, c);
    return sendAsset(c, deps);
  });
  // A path that is no address of the library's, such as one with `..` that a proxy has already resolved.
  app.all('/editions/*', async (c) => {
    await pathRefused(deps, c);
    return editionMissing(c);
  });
}

/** A picture or subtitles by hash; terminals and console alike. */
export async function sendAsset(c: Context, deps: Pick<TerminalDeps, 'db' | 'objects'>): Promise<Response> {
  const sha256 = sha256Hex.safeParse(c.req.param('sha256'));
  const asset = sha256.success ? await deps.db.stores.assets.find({ sha256: sha256.data }) : null;
  if (asset === null) return problem(c, { code: 'asset_missing', message: 'there is no asset of this hash' });
  const { bytes, mediaType } = asset;
  c.header('cache-control', 'private, max-age=31536000, immutable');
  // Nothing uploaded is ever run by a browser as a page of the hub (SEC-8).
  c.header('x-content-type-options', 'nosniff');
  c.header('content-security-policy', "default-src 'none'; sandbox");
  return sendObject(c, deps.objects, assetObject(asset.sha256), {
    etag: `"${asset.sha256}"`,
    bytes,
    mediaType,
  });
}

async function editionOf(deps: TerminalDeps, c: Context): Promise<EditionRow | null> {
  const id = editionId.safeParse(c.req.param('editionId'));
  if (id.success) return deps.db.stores.editions.find({ editionId: id.data });
  await pathRefused(deps, c);
  return null;
}

/** No program of the fleet asks for anything but an id: somebody else speaks with this terminal's identity (SEC-8). */
async function pathRefused(deps: Pick<TerminalDeps, 'alarm'>, c: Context): Promise<void> {
  const { terminalId } = terminalOf(c);
  await deps.alarm.raise({
    code: 'security_path_refused',
    subject: terminalId,
    terminalId,
    message: `${terminalId} asked the library for something that is no id; nothing was given out`,
  });
}
const editionMissing = (c: Context): Response =>
  problem(c, { code: 'edition_missing', message: 'there is no edition of this id' });

interface Representation {
  readonly etag: string;
  readonly bytes: number;
  readonly mediaType: string;
}

/** Sends an object, or the range of it that is asked for (RFC 9110): resumable by `If-Range` with the content's own hash. */
async function sendObject(
  c: Context,
  objects: ObjectStore,
  name: string,
  { etag, bytes, mediaType }: Representation,
): Promise<Response> {
  c.header('accept-ranges', 'bytes');
  c.header('etag', etag);
  if (c.req.header('if-none-match') === etag) return c.body(null, 304);
  const range = parseRange(c.req.header('range'), c.req.header('if-range'), etag, bytes);
  if (range.kind === 'unsatisfiable') {
    c.header('content-range', `bytes */${bytes}`);
    return problem(c, { code: 'range_not_satisfiable', message: 'the content is shorter than that' });
  }
  const from = range.kind === 'part' ? range.from : 0;
  const until = range.kind === 'part' ? range.until : bytes;
  const content = await objects.read(name, from, until);
  if (!content.ok) return problem(c, content.error);
  c.header('content-type', mediaType);
  c.header('content-length', String(until - from));
  if (range.kind === 'part') c.header('content-range', `bytes ${from}-${until - 1}/${bytes}`);
  return c.body(streamOf(content.value), range.kind === 'part' ? 206 : 200);
}

/** As a web stream that reads only when somebody wants more, and stops reading when they go away. */
function streamOf(blocks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = blocks[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const next = await iterator.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
