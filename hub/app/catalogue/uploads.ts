import { createHash } from 'node:crypto';
import { assetObject, editionObject } from '#hub/app/content/object-names.ts';
import type { ObjectFault, ObjectStore } from '#hub/app/content/object-store.ts';
import { paced } from '#hub/app/content/paced.ts';
import type { HubDeps } from '#hub/app/deps.ts';
import type { PictureFault, PictureMaker } from '#hub/ports/pictures.ts';
import type { EditionRow, PreviewRow } from '#hub/ports/rows/index.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { EditionId, TitleId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { newId } from '#shared/ports/random.ts';
import { titlePreview } from '#shared/protocol/terminal-api.ts';
import { editionFits, HEAD_BYTES } from './file-kind.ts';
import { cleanSubtitles } from './subtitles.ts';

export type UploadDeps = Pick<HubDeps, 'db' | 'clock' | 'random'> & {
  readonly objects: ObjectStore;
  readonly pictures: PictureMaker;
};

/** Largest edition: 256 GiB, which is also what chunk hashes of 1 MiB can name. */
export const EDITION_LIMIT_BYTES = 256 * 1024 ** 3;
export const PICTURE_LIMIT_BYTES = 20 * 1024 ** 2;
export const PREVIEW_LIMIT_BYTES = 8 * 1024 ** 2;
export const SUBTITLE_LIMIT_BYTES = 2 * 1024 ** 2;

export interface EditionUpload {
  readonly mediaType: string;
  /** What the sender says the content's SHA-256 is. */
  readonly sha256: string | null;
  readonly bytes: number | null;
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Streams an edition into the library and makes it the one that is rented from now on. Cut off, too slow, too large, not what its hash or
 * its media type says: nothing stays, the former edition goes on being rented. The same content again is the same edition.
 */
export async function uploadEdition(
  deps: UploadDeps,
  titleId: TitleId,
  upload: EditionUpload,
): Promise<Result<EditionRow, ObjectFault | UploadFault | Fault<'title_unknown'>>> {
  if ((await deps.db.stores.titles.find({ titleId })) === null)
    return fault('title_unknown', 'there is no title of this id');
  const arriving = paced(upload.content, deps.clock);
  const begun = await beginning(arriving.content);
  if (begun === null) return cutOff(arriving.tooSlow());
  const fits = editionFits(upload.mediaType, begun.head);
  if (!fits.ok) {
    await begun.rest.return?.();
    return fits;
  }
  const editionId = newId<EditionId>(deps.clock, deps.random);
  const stored = await deps.objects.put(editionObject(editionId), begun.whole(), {
    limitBytes: EDITION_LIMIT_BYTES,
    expectedSha256: upload.sha256,
    expectedBytes: upload.bytes,
  });
  if (!stored.ok) return arriving.tooSlow() ? cutOff(true) : stored;
  const row: EditionRow = {
    editionId,
    titleId,
    mediaType: upload.mediaType,
    bytes: stored.value.bytes,
    sha256: stored.value.sha256,
    chunkBytes: stored.value.chunkBytes,
    chunks: [...stored.value.chunks],
    createdAt: deps.clock.now(),
  };
  const kept = await deps.db.transaction(async (stores) => {
    const same = await stores.editions.first({ titleId, sha256: row.sha256, mediaType: row.mediaType });
    if (same === null) await stores.editions.insert(row);
    const edition = same ?? row;
    await stores.titles.patch({ titleId }, { editionId: edition.editionId, updatedAt: deps.clock.now() });
    return edition;
  });
  if (kept.editionId !== editionId) await deps.objects.remove(editionObject(editionId));
  return ok(kept);
}

export type UploadFault = Fault<'upload_too_slow' | 'media_type_unsupported' | 'media_type_mismatch'>;

const cutOff = (slow: boolean) =>
  slow
    ? fault('upload_too_slow', 'the file came too slowly; send it again')
    : fault('object_cut_off', 'an edition has at least one byte');

interface Begun {
  readonly head: Uint8Array;
  readonly rest: AsyncIterator<Uint8Array>;
  whole(): AsyncIterable<Uint8Array>;
}

/** Reads as much as tells what kind of file it is; null where there is nothing or it broke off. */
async function beginning(content: AsyncIterable<Uint8Array>): Promise<Begun | null> {
  const rest = content[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let bytes = 0;
  try {
    while (bytes < HEAD_BYTES) {
      const next = await rest.next();
      if (next.done === true) break;
      first.push(next.value);
      bytes += next.value.length;
    }
  } catch {
    return null;
  }
  if (bytes === 0) return null;
  return {
    head: Buffer.concat(first).subarray(0, HEAD_BYTES),
    rest,
    async *whole() {
      yield* first;
      for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
    },
  };
}

/** Makes poster and thumbnail from one picture and shows them with the title. */
export async function uploadPoster(
  deps: UploadDeps,
  titleId: TitleId,
  bytes: Uint8Array,
): Promise<
  Result<{ readonly poster: string; readonly thumbnail: string }, PictureFault | Fault<'title_unknown'>>
> {
  const made = await deps.pictures.posterPictures(bytes);
  if (!made.ok) return made;
  const poster = await storeAsset(deps, made.value.poster, 'image/webp');
  const thumbnail = await storeAsset(deps, made.value.thumbnail, 'image/webp');
  const changed = await deps.db.stores.titles.patch(
    { titleId },
    { poster, thumbnail, updatedAt: deps.clock.now() },
  );
  return changed ? ok({ poster, thumbnail }) : fault('title_unknown', 'there is no title of this id');
}

/** Keeps a short film or piece of sound that kiosks play in a loop with the title; the former one is shown no more. */
export async function uploadPreview(
  deps: UploadDeps,
  titleId: TitleId,
  upload: { readonly mediaType: string; readonly bytes: Uint8Array },
): Promise<Result<PreviewRow, Fault<'title_unknown' | 'media_type_unsupported' | 'media_type_mismatch'>>> {
  const mediaType = titlePreview.shape.mediaType.safeParse(upload.mediaType);
  if (!mediaType.success)
    return fault('media_type_unsupported', `no kiosk plays ${upload.mediaType} as a preview`, {
      known: titlePreview.shape.mediaType.options,
    });
  const shown = editionFits(mediaType.data, upload.bytes.subarray(0, HEAD_BYTES));
  if (!shown.ok) return shown;
  const preview = {
    sha256: await storeAsset(deps, upload.bytes, mediaType.data),
    mediaType: mediaType.data,
  };
  const changed = await deps.db.stores.titles.patch({ titleId }, { preview, updatedAt: deps.clock.now() });
  return changed ? ok(preview) : fault('title_unknown', 'there is no title of this id');
}

/** Adds or replaces the subtitles of one language (WebVTT). */
export async function uploadSubtitles(
  deps: UploadDeps,
  titleId: TitleId,
  language: string,
  bytes: Uint8Array,
): Promise<Result<{ readonly sha256: string }, Fault<'title_unknown' | 'subtitles_unreadable'>>> {
  const clean = cleanSubtitles(bytes);
  if (!clean.ok) return clean;
  const sha256 = await storeAsset(deps, clean.value, 'text/vtt');
  return deps.db.transaction(async (stores) => {
    const title = await stores.titles.findForUpdate({ titleId });
    if (title === null) return fault('title_unknown', 'there is no title of this id');
    const others = title.subtitles.filter((one) => one.language !== language);
    await stores.titles.patch(
      { titleId },
      { subtitles: [...others, { language, sha256 }], updatedAt: deps.clock.now() },
    );
    return ok({ sha256 });
  });
}

/** Keeps a small file under its own hash; the same bytes are kept once. Answers the hash. */
export async function storeAsset(deps: UploadDeps, bytes: Uint8Array, mediaType: string): Promise<string> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if ((await deps.db.stores.assets.find({ sha256 })) !== null) return sha256;
  const name = assetObject(sha256);
  if ((await deps.objects.stat(name)) === null) {
    const stored = await deps.objects.put(name, once(bytes), {
      limitBytes: bytes.length,
      expectedSha256: sha256,
      expectedBytes: bytes.length,
    });
    assert(stored.ok, 'bytes in memory arrive whole');
  }
  await deps.db.stores.assets.insert({ sha256, mediaType, bytes: bytes.length, createdAt: deps.clock.now() });
  return sha256;
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
