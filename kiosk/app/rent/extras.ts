import type { AssetCache } from '#shared/edge/assets.ts';
import type { CopyExtras } from '#shared/media/extras.ts';
import type { CatalogueTitle } from '#shared/protocol/terminal-api.ts';

/** Poster and subtitles of a title for the customer's player, as far as this kiosk has them or gets them now (MS-34). */
export async function extrasOf(
  assets: AssetCache,
  title: Pick<CatalogueTitle, 'poster' | 'thumbnail' | 'subtitles'>,
): Promise<CopyExtras | undefined> {
  const poster = await bytesOf(assets, title.poster ?? title.thumbnail);
  const texts = await Promise.all(
    title.subtitles.map(async ({ language, sha256 }) => ({ language, bytes: await bytesOf(assets, sha256) })),
  );
  const subtitles = texts.flatMap(({ language, bytes }) =>
    bytes === null ? [] : [{ language, text: Buffer.from(bytes).toString('utf8') }],
  );
  return poster === null && subtitles.length === 0 ? undefined : { poster, subtitles };
}

async function bytesOf(assets: AssetCache, sha256: string | null): Promise<Uint8Array | null> {
  if (sha256 === null) return null;
  const got = await assets.get(sha256);
  return got.ok ? got.value.bytes : null;
}
