import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { isPicture, kindOf } from '#hub/app/catalogue/file-kind.ts';
import type { PictureFault, PictureMaker, PosterPictures } from '#hub/ports/pictures.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import { type Milliseconds, milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { projectRoot } from '#shared/toolchain/assets.ts';

/** Widths in pixels: a poster fills a kiosk's detail page, a thumbnail one tile of its lists. */
const POSTER_WIDTH = 720;
const THUMBNAIL_WIDTH = 320;
const MOST_OUTPUT_BYTES = 8 * 1024 ** 2;

export interface PictureLimits {
  /** A picture of more pixels than this is refused before it is unpacked. */
  readonly pixels: number;
  /** Private memory of the process, all of it: the interpreter, the picture, the library (RLIMIT_DATA). */
  readonly memoryKiB: number;
  readonly cpuSeconds: number;
  readonly time: Milliseconds;
  /** Pictures read at the same time. */
  readonly atOnce: number;
}
export const PICTURE_LIMITS: PictureLimits = {
  pixels: 50_000_000,
  memoryKiB: 768 * 1024,
  cpuSeconds: 20,
  time: milliseconds(30_000),
  atOnce: 2,
};

/**
 * Reads each picture in a process of its own that the kernel limits: memory, processor time, open files, no file written, no core
 * (`setrlimit`, on every Linux); an empty environment, so that no secret of the hub is in it; and no network, where this machine lets an
 * ordinary user make a network namespace (`unshare`; `networkCut` says whether). Not limited: what it may read of the hub's files.
 */
export function createPictureProcess(
  clock: Pick<Clock, 'after'>,
  limits: PictureLimits = PICTURE_LIMITS,
  worker = join(projectRoot(), 'hub', 'pictures', 'worker.mjs'),
): PictureMaker {
  const turn = turnstile(limits.atOnce);
  return {
    posterPictures: async (bytes) => {
      if (!isPicture(kindOf(bytes)))
        return fault('picture_format_unsupported', 'a poster is a JPEG, PNG or WebP file');
      return turn(() => runWorker(clock, limits, worker, bytes));
    },
  };
}

let probed: boolean | null = null;
/** Whether the process has no network here. Asked once: it starts a process. */
export function networkCut(): boolean {
  probed ??=
    process.platform === 'linux' &&
    spawnSync('unshare', ['--map-root-user', '--net', 'true'], { stdio: 'ignore', timeout: 5_000 }).status ===
      0;
  return probed;
}

/** Where limits cannot be set, nothing is read: `exec` stands behind all of them. */
function limited({ memoryKiB, cpuSeconds }: PictureLimits): string {
  const set = [`-c 0`, `-f 0`, `-n 64`, `-t ${cpuSeconds}`, `-d ${memoryKiB}`];
  return `${set.map((one) => `ulimit ${one}`).join(' && ')} && exec "$@"`;
}

function runWorker(
  clock: Pick<Clock, 'after'>,
  limits: PictureLimits,
  worker: string,
  bytes: Uint8Array,
): Promise<Result<PosterPictures, PictureFault>> {
  const cut = networkCut() ? ['unshare', '--map-root-user', '--net', '--'] : [];
  const node = [process.execPath, '--max-old-space-size=128', worker];
  const sizes = [POSTER_WIDTH, THUMBNAIL_WIDTH, limits.pixels].map(String);
  const child = spawn('/bin/sh', ['-c', limited(limits), 'sh', ...cut, ...node, ...sizes], {
    cwd: projectRoot(),
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let received = 0;
    const failed = fault(
      'picture_failed',
      'reading this picture took more time or memory than a picture may',
    );
    const cancel = clock.after(limits.time, () => child.kill('SIGKILL'));
    child.stdout.on('data', (part: Buffer) => {
      received += part.length;
      if (received > MOST_OUTPUT_BYTES) child.kill('SIGKILL');
      else parts.push(part);
    });
    // The process may end before it has read everything: that is its exit code's business.
    child.stdin.on('error', () => {});
    child.on('error', () => {
      cancel();
      resolve(failed);
    });
    child.on('close', (code) => {
      cancel();
      if (code === 3) resolve(fault('picture_unreadable', 'this picture is damaged'));
      else if (code === 4)
        resolve(fault('picture_too_large', `a picture has at most ${limits.pixels} pixels`));
      else resolve(code === 0 ? (readPictures(Buffer.concat(parts)) ?? failed) : failed);
    });
    child.stdin.end(bytes);
  });
}

/** What came back is looked at like anything from outside: two WebP files and nothing else. */
function readPictures(bytes: Buffer): Result<PosterPictures, PictureFault> | null {
  const made: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 4 > bytes.length) return null;
    const length = bytes.readUInt32BE(at);
    const picture = bytes.subarray(at + 4, at + 4 + length);
    if (picture.length !== length || kindOf(picture) !== 'image/webp') return null;
    made.push(picture);
    at += 4 + length;
  }
  const [poster, thumbnail] = made;
  return poster === undefined || thumbnail === undefined || made.length !== 2
    ? null
    : ok({ poster, thumbnail });
}

/** At most `places` at once, the others in order. */
function turnstile(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = places;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
