import { createHash } from 'node:crypto';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { HubClient } from './hub-client.ts';

export interface Asset {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** Posters, thumbnails, previews and subtitles by their SHA-256: from the hub once, then from the disk, so also offline. */
export interface AssetCache {
  get(sha256: string): Promise<Result<Asset, Fault<'asset_unknown' | 'hub_away'>>>;
}

/** The same for whoever starts and ends it. */
export interface OwnAssetCache extends AssetCache {
  /** Once this is over nothing is written any more: what comes next may be the wiping of this disk (FLT-3). What was asked for is still answered. */
  stop(): Promise<void>;
}

/** Where assets lie, by SHA-256. Real: `drivers/asset-files.ts`. A failing disk is an absent asset. */
export interface AssetFiles {
  read(sha256: string): Promise<Uint8Array | null>;
  /** Old or new is there, never half. */
  write(sha256: string, bytes: Uint8Array): Promise<void>;
  /** Removes all others, and what a power cut left half written. A disk that refuses keeps them. */
  keepOnly(names: ReadonlySet<string>): Promise<void>;
}

export function memoryAssetFiles(): AssetFiles {
  const files = new Map<string, Uint8Array>();
  return {
    read: async (sha256) => files.get(sha256) ?? null,
    write: async (sha256, bytes) => {
      files.set(sha256, bytes);
    },
    keepOnly: async (names) => {
      for (const sha256 of [...files.keys()]) if (!names.has(sha256)) files.delete(sha256);
    },
  };
}

const SHA256 = /^[0-9a-f]{64}$/;
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What comes from disk or hub is believed only when its hash is its name; questions for the same asset share one fetch. */
export function createAssetCache(deps: {
  readonly hub: Pick<HubClient, 'asset'>;
  readonly files: AssetFiles;
}): OwnAssetCache {
  const coming = new Map<string, ReturnType<AssetCache['get']>>();
  const writing = new Set<Promise<void>>();
  let stopped = false;

  const keep = async (sha256: string, bytes: Uint8Array): Promise<void> => {
    if (stopped) return;
    const written = deps.files.write(sha256, bytes);
    writing.add(written);
    await written.finally(() => writing.delete(written));
  };

  const find: AssetCache['get'] = async (sha256) => {
    const held = await deps.files.read(sha256);
    if (held !== null && digest(held) === sha256) return ok({ bytes: held, mediaType: mediaTypeOf(held) });
    const answered = await deps.hub.asset(sha256);
    if (!answered.ok)
      return answered.error.code === 'hub_away'
        ? fault('hub_away', answered.error.message)
        : fault('asset_unknown', answered.error.message);
    const { bytes } = answered.value;
    if (digest(bytes) !== sha256) return fault('asset_unknown', 'the hub sent something else');
    await keep(sha256, bytes);
    return ok({ bytes, mediaType: mediaTypeOf(bytes) });
  };

  return {
    get: (sha256) => {
      if (!SHA256.test(sha256)) return Promise.resolve(fault('asset_unknown', 'not a SHA-256'));
      const asked = coming.get(sha256) ?? find(sha256).finally(() => coming.delete(sha256));
      coming.set(sha256, asked);
      return asked;
    },
    stop: async () => {
      stopped = true;
      await Promise.all(writing);
    },
  };
}

/** By the first bytes, never by what somebody says: an asset can be a picture, a preview or subtitles and nothing that runs. */
export function mediaTypeOf(bytes: Uint8Array): string {
  const head = Buffer.alloc(16);
  head.set(bytes.subarray(0, 16));
  const text = head.toString('latin1');
  if (text.startsWith('\x89PNG\r\n')) return 'image/png';
  if (head[0] === 0xff && head[1] === 0xd8) return 'image/jpeg';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'image/webp';
  if (text.slice(4, 12) === 'ftypavif') return 'image/avif';
  if (text.startsWith('GIF8')) return 'image/gif';
  if (text.replace(/^\xef\xbb\xbf/, '').startsWith('WEBVTT')) return 'text/vtt';
  if (head.readUInt32BE(0) === 0x1a45dfa3) return 'video/webm';
  if (text.startsWith('OggS')) return 'audio/ogg';
  if (text.slice(4, 8) === 'ftyp') return 'video/mp4';
  if (text.startsWith('ID3') || /^\xff[\xfb\xf3\xf2]/.test(text)) return 'audio/mpeg';
  return 'application/octet-stream';
}
