import type { Fault, Result } from '#shared/kernel/result.ts';

export interface PosterPictures {
  /** WebP, at most 720 pixels wide. */
  readonly poster: Uint8Array;
  /** WebP, 320 by 480 pixels. */
  readonly thumbnail: Uint8Array;
}

/** `picture_failed`: reading it took more memory or time than a picture may. */
export type PictureFault = Fault<
  'picture_format_unsupported' | 'picture_too_large' | 'picture_unreadable' | 'picture_failed'
>;

/**
 * Makes both pictures of a title from what a provider sent: turned as the camera says, re-encoded and without its metadata (place, camera,
 * author), so that nothing of the file itself reaches a terminal. JPEG, PNG and WebP, told by their content. Hostile files cost a fault,
 * never the hub (SEC-8).
 */
export interface PictureMaker {
  posterPictures(bytes: Uint8Array): Promise<Result<PosterPictures, PictureFault>>;
}
