import type { Fault, Result } from '#shared/kernel/result.ts';

export interface Asset {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** Posters, thumbnails and subtitles by their SHA-256: from the hub once, then from the disk, so also offline. */
export interface AssetCache {
  get(sha256: string): Promise<Result<Asset, Fault<'asset_unknown' | 'hub_away'>>>;
}
