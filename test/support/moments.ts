import { folderMedium, type SimulatedMedium } from '#firmware-sim/media/medium-backing.ts';
import { fault } from '#shared/kernel/result.ts';
import type { MountedMedium } from '#shared/ports/media-drive.ts';

const PATIENCE_SECONDS = 30;

/** Looks every few milliseconds until `seen` holds; an error that names what was waited for when it never does. */
export async function happens(what: string, seen: () => boolean | Promise<boolean>): Promise<void> {
  const until = performance.now() + PATIENCE_SECONDS * 1000;
  while (!(await seen())) {
    if (performance.now() > until) throw new Error(`waited ${PATIENCE_SECONDS} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * A folder medium that tells before and after each write of a file, and waits for whoever is told: the moment at which a test pulls it.
 * Answered `gone` before a write, it never reaches the medium.
 */
export function watchedMedium(
  label: string,
  folder: string,
  onWrite: (path: string, moment: 'before' | 'after') => unknown,
): SimulatedMedium {
  const writes = new Set(['overwrite', 'replaceSmall', 'createLarge']);
  return {
    label,
    open: async () => {
      const inner = await folderMedium(label, folder).open();
      return new Proxy<MountedMedium>(inner, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          if (!writes.has(String(name))) return value.bind(target);
          return async (path: string, ...rest: unknown[]) => {
            if ((await onWrite(path, 'before')) === 'gone')
              return fault('medium_pulled', 'pulled before it was written');
            const result: unknown = await Reflect.apply(value, target, [path, ...rest]);
            await onWrite(path, 'after');
            return result;
          };
        },
      });
    },
  };
}
