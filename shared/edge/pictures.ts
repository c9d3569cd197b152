import type { Bundle } from '#shared/protocol/terminal-api.ts';
import type { AssetCache } from './assets.ts';

export interface Pictures {
  /** Fetches what is missing, if anything is; calls at the same time share one way. Called whenever the hub answers. */
  wake(): Promise<void>;
}

/**
 * Pictures and subtitles of the whole catalogue, fetched beforehand, so that screens are complete without the hub. What a line, a stop or a disk cut off is gone on with as soon
 * as the hub answers again, not only when its catalogue changes.
 */
export function createPictures(deps: {
  readonly assets: AssetCache;
  bundle(): Bundle | null;
  /** The program ends. */
  over(): boolean;
}): Pictures {
  /** All of its pictures were asked for, with an answer. */
  let whole: Bundle | null = null;
  let fetching: Promise<void> | null = null;

  const isWhole = async (of: Bundle): Promise<boolean> => {
    for (const { poster, thumbnail, preview, subtitles } of of.titles)
      for (const sha256 of [
        thumbnail,
        poster,
        preview?.sha256 ?? null,
        ...subtitles.map((one) => one.sha256),
      ]) {
        if (deps.over() || deps.bundle() !== of) return false;
        if (sha256 === null) continue;
        const got = await deps.assets.get(sha256);
        if (!got.ok && got.error.code === 'hub_away') return false;
      }
    return true;
  };
  const fetch = async (): Promise<void> => {
    for (let of = deps.bundle(); of !== null && of !== whole; of = deps.bundle()) {
      if (await isWhole(of)) whole = of;
      else if (deps.over() || deps.bundle() === of) return;
    }
  };

  return {
    wake: () => {
      fetching ??= fetch().finally(() => {
        fetching = null;
      });
      return fetching;
    },
  };
}
