import { type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import {
  PICTURE_LIMIT_BYTES,
  PREVIEW_LIMIT_BYTES,
  SUBTITLE_LIMIT_BYTES,
  uploadEdition,
  uploadPoster,
  uploadPreview,
  uploadSubtitles,
} from '#hub/app/catalogue/uploads.ts';
import { paced } from '#hub/app/content/paced.ts';
import * as contract from '#hub/http/contract/catalogue.ts';
import { describe } from '#hub/http/endpoint.ts';
import { type ProblemCode, problem } from '#hub/http/problem.ts';
import { sendAsset } from '#hub/http/terminal/content.ts';
import type { TitleId } from '#shared/kernel/ids.ts';
import type { Fault } from '#shared/kernel/result.ts';
import { sha256Hex, titleId } from '#shared/protocol/primitives.ts';
import { titlePreview } from '#shared/protocol/terminal-api.ts';
import type { StaffDeps } from './deps.ts';
import { actorOf } from './guard.ts';

const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,60}\/[a-z0-9!#$&^_.+-]{1,60}$/;
const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$/;

/** Uploads: bodies are the files themselves, read as a stream, never a form (SEC-8). */
export function uploadRoutes(app: OpenAPIHono, deps: StaffDeps): void {
  describeUploads(app);
  app.post('/titles/:titleId/edition', (c) => editionUpload(c, deps));
  app.post('/titles/:titleId/poster', async (c) => {
    const title = titleId.safeParse(c.req.param('titleId'));
    if (!title.success) return titleUnknown(c);
    const bytes = await smallBody(c, deps, PICTURE_LIMIT_BYTES);
    if (bytes === null) return tooLarge(c, deps, PICTURE_LIMIT_BYTES);
    const made = await uploadPoster(deps, title.data, bytes);
    return made.ok ? c.json(contract.posterView.parse(made.value)) : refused(c, deps, made.error);
  });
  app.post('/titles/:titleId/preview', async (c) => {
    const title = titleId.safeParse(c.req.param('titleId'));
    if (!title.success) return titleUnknown(c);
    const bytes = await smallBody(c, deps, PREVIEW_LIMIT_BYTES);
    if (bytes === null) return tooLarge(c, deps, PREVIEW_LIMIT_BYTES);
    const mediaType = (c.req.header('content-type') ?? '').toLowerCase();
    const made = await uploadPreview(deps, title.data, { mediaType, bytes });
    return made.ok ? c.json(contract.previewView.parse(made.value)) : refused(c, deps, made.error);
  });
  app.post('/titles/:titleId/subtitles/:language', async (c) => {
    const title = titleId.safeParse(c.req.param('titleId'));
    if (!title.success) return titleUnknown(c);
    const language = c.req.param('language');
    if (!LANGUAGE.test(language))
      return problem(c, { code: 'request_malformed', message: 'the language is a tag such as en or pt-BR' });
    const bytes = await smallBody(c, deps, SUBTITLE_LIMIT_BYTES);
    if (bytes === null) return tooLarge(c, deps, SUBTITLE_LIMIT_BYTES);
    const made = await uploadSubtitles(deps, title.data, language, bytes);
    return made.ok ? c.json(contract.subtitlesView.parse(made.value)) : refused(c, deps, made.error);
  });
  app.get('/assets/:sha256', (c) => sendAsset(c, deps));
}

function describeUploads(app: OpenAPIHono): void {
  const one = z.object({ titleId });
  const tag = 'catalogue';
  describe(app, {
    method: 'post',
    path: '/titles/{titleId}/edition',
    summary: 'CNT-1: the program itself; x-content-sha256 names its hash.',
    tag,
    params: one,
    bodyTypes: ['*/*'],
    answer: { type: 'application/json', schema: contract.editionView },
  });
  describe(app, {
    method: 'post',
    path: '/titles/{titleId}/poster',
    summary: 'CNT-1: a picture.',
    tag,
    params: one,
    bodyTypes: ['image/*'],
    answer: { type: 'application/json', schema: contract.posterView },
  });
  describe(app, {
    method: 'post',
    path: '/titles/{titleId}/preview',
    summary: 'CNT-1: a short film or piece of sound that kiosks play in a loop.',
    tag,
    params: one,
    bodyTypes: [...titlePreview.shape.mediaType.options],
    answer: { type: 'application/json', schema: contract.previewView },
  });
  describe(app, {
    method: 'post',
    path: '/titles/{titleId}/subtitles/{language}',
    summary: 'CNT-1: subtitles in WebVTT.',
    tag,
    params: one.extend({ language: z.string() }),
    bodyTypes: ['text/vtt'],
    answer: { type: 'application/json', schema: contract.subtitlesView },
  });
  describe(app, {
    method: 'get',
    path: '/assets/{sha256}',
    summary: 'CNT-1: a picture or subtitles by hash.',
    tag,
    params: z.object({ sha256: sha256Hex }),
    answer: { type: '*/*' },
  });
}

const titleUnknown = (c: Context): Response =>
  problem(c, { code: 'title_unknown', message: 'there is no title of this id' });
const tooLarge = (c: Context, deps: StaffDeps, limit: number): Promise<Response> =>
  refused(c, deps, { code: 'body_too_large', message: `at most ${limit} bytes` });

/** What no honest file does: staff hear of it, since somebody may be using a colleague's session (SEC-8). */
const HOSTILE: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'body_too_large',
  'object_too_large',
  'media_type_mismatch',
  'picture_format_unsupported',
  'picture_too_large',
  'picture_failed',
  'subtitles_unreadable',
  'upload_too_slow',
  'storage_full',
]);

async function refused(c: Context, deps: StaffDeps, fault: Fault<ProblemCode>): Promise<Response> {
  if (HOSTILE.has(fault.code))
    await deps.alarm.raise({
      code: 'security_upload_refused',
      subject: `title:${c.req.param('titleId')}`,
      message: `An upload of ${actorOf(c)} was refused (${fault.code}); nothing of it was kept.`,
    });
  return problem(c, fault);
}

/** CNT-1: the declared SHA-256 is demanded, so that what arrives is what was sent, whole. */
async function editionUpload(c: Context, deps: StaffDeps): Promise<Response> {
  const title = titleId.safeParse(c.req.param('titleId'));
  if (!title.success) return titleUnknown(c);
  const declared = sha256Hex.safeParse(c.req.header('x-content-sha256'));
  if (!declared.success)
    return problem(c, {
      code: 'hash_missing',
      message: 'x-content-sha256 names the SHA-256 of the file in hex',
    });
  const mediaType = (c.req.header('content-type') ?? '').toLowerCase();
  if (!MEDIA_TYPE.test(mediaType))
    return problem(c, { code: 'media_type_unsupported', message: 'content-type names the kind of file' });
  const length = Number(c.req.header('content-length') ?? Number.NaN);
  const made = await uploadEdition(deps, title.data as TitleId, {
    mediaType,
    sha256: declared.data,
    bytes: Number.isSafeInteger(length) ? length : null,
    content: blocksOf(c.req.raw.body),
  });
  if (!made.ok) return refused(c, deps, made.error);
  const { chunks, chunkBytes: _chunkBytes, createdAt: _createdAt, ...edition } = made.value;
  await deps.db.stores.audit.append({
    at: deps.clock.now(),
    actor: actorOf(c),
    action: 'edition.uploaded',
    subject: edition.editionId,
    detail: { titleId: edition.titleId, bytes: edition.bytes, sha256: edition.sha256 },
  });
  return c.json(contract.editionView.parse({ ...edition, chunks: chunks.length }));
}

async function* blocksOf(body: ReadableStream<Uint8Array> | null): AsyncIterable<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** A whole small body, or null where it is larger than the limit or does not come to its end: reading stops there. */
async function smallBody(
  c: Context,
  { clock }: Pick<StaffDeps, 'clock'>,
  limit: number,
): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of paced(blocksOf(c.req.raw.body), clock).content) {
      bytes += part.length;
      if (bytes > limit) return null;
      parts.push(part);
    }
  } catch {
    return null;
  }
  return Buffer.concat(parts);
}
