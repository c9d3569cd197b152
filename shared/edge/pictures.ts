import type { Bundle } from '#shared/protocol/terminal-api.ts';
import type { AssetCache, AssetFiles } from './assets.ts';

export interface Pictures {
  /** Fetches what is missing, if anything is; calls at the same time share one way. Called whenever the hub answers. */
  wake(): Promise<void>;
}

/**
 * Pictures and subtitles of the whole catalogue, fetched beforehand, so that screens are complete without the hub. What a line, a stop or a disk cut off is gone on with as soon
 * as the hub answers again, not only when its catalogue changes. Once all of a catalogue is here, what neither it nor the one before names goes from the disk: previews have some
 * megabytes, titles come and go for years, and whoever looks at one that has just left still sees it.
 */
export function createPictures(deps: {
  readonly assets: AssetCache;
  readonly files: Pick<AssetFiles, 'keepOnly'>;
  bundle(): Bundle | null;
  /** The program ends. */
  over(): boolean;
}): Pictures {
  /** All of its pictures were asked for, with an answer. */
  let whole: Bundle | null = null;
  let named: ReadonlySet<string> = new Set();
  let fetching: Promise<void> | null = null;

  const isWhole = async (of: Bundle): Promise<boolean> => {
    for (const sha256 of namesIn(of)) {
      if (deps.over() || deps.bundle() !== of) return false;
      const got = await deps.assets.get(sha256);
      if (!got.ok && got.error.code === 'hub_away') return false;
    }
    return true;
  };
  const dropOthers = async (than: Bundle): Promise<void> => {
    const before = named;
    named = new Set(namesIn(than));
    await deps.files.keepOnly(new Set([...before, ...named]));
  };
  const fetch = async (): Promise<void> => {
    for (let of = deps.bundle(); of !== null && of !== whole; of = deps.bundle()) {
      if (await isWhole(of)) {
        whole = of;
        await dropOthers(of);
      } else if (deps.over() || deps.bundle() === of) return;
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

/** Of each title what its list shows first. */
const namesIn = ({ titles }: Bundle): readonly string[] =>
  titles.flatMap(({ poster, thumbnail, preview, subtitles }) =>
    [thumbnail, poster, preview?.sha256 ?? null, ...subtitles.map((one) => one.sha256)].filter(
      (sha256) => sha256 !== null,
    ),
  );
