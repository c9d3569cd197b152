import sharp from 'sharp';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';

/** Widths in pixels: a poster fills a kiosk's detail page, a thumbnail one tile of its lists. */
const POSTER_WIDTH = 720;
const THUMBNAIL_WIDTH = 320;
/** A picture of more pixels than this is refused before it is unpacked (SEC-8). */
const MOST_PIXELS = 50_000_000;

export interface PosterPictures {
  /** WebP, at most 720 pixels wide. */
  readonly poster: Uint8Array;
  /** WebP, 320 by 480 pixels. */
  readonly thumbnail: Uint8Array;
}

/**
 * Makes both pictures of a title from what a provider sent: turned as the camera says, without its metadata, re-encoded, so that nothing
 * of the file itself reaches a terminal. Fault `picture_unreadable` for anything that is no picture.
 */
export async function makePosterPictures(
  bytes: Uint8Array,
): Promise<Result<PosterPictures, Fault<'picture_unreadable'>>> {
  try {
    const source = () => sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: 'error' }).rotate();
    const poster = await source()
      .resize({ width: POSTER_WIDTH, withoutEnlargement: true })
      .webp({ quality: 82 })
      .toBuffer();
    const thumbnail = await source()
      .resize({ width: THUMBNAIL_WIDTH, height: (THUMBNAIL_WIDTH * 3) / 2, fit: 'cover' })
      .webp({ quality: 78 })
      .toBuffer();
    return ok({ poster, thumbnail });
  } catch {
    return fault('picture_unreadable', 'this is no picture in a format the hub reads');
  }
}
