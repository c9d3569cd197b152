import { assert } from '#shared/kernel/assert.ts';
import { ok } from '#shared/kernel/result.ts';
import type { CopyIntents, ReturnIntents, SlotBegin } from '#shared/ports/copy-intents.ts';
import type { LargeFileWriter, MediaDrive, MountedMedium } from '#shared/ports/media-drive.ts';

/** The four wrong orders of DESIGN §4, made by wrapping the ports: production code has no switch for them. */

/** A drive whose mounted medium is seen through `wrap`. */
function through(drive: MediaDrive, wrap: (medium: MountedMedium) => MountedMedium): MediaDrive {
  const seen = new WeakMap<MountedMedium, MountedMedium>();
  const wrapped = (medium: MountedMedium): MountedMedium => {
    const known = seen.get(medium) ?? wrap(medium);
    seen.set(medium, known);
    return known;
  };
  return {
    name: drive.name,
    current: () => {
      const medium = drive.current();
      return medium === null ? null : wrapped(medium);
    },
    watch: (listener) => drive.watch(listener),
    powerCycle: async () => {
      const cycled = await drive.powerCycle();
      return cycled.ok ? ok({ ...cycled.value, medium: wrapped(cycled.value.medium) }) : cycled;
    },
  };
}

/** A medium that answers by itself for the named calls and hands on all others. */
const changed = (medium: MountedMedium, calls: Partial<MountedMedium>): MountedMedium =>
  new Proxy(medium, {
    get: (target, name) => {
      const own: unknown = Reflect.get(calls, name);
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

/** No power cycle: what is read back may come from a cache. */
export const withoutPowerCycle = (drive: MediaDrive): MediaDrive => ({
  name: drive.name,
  current: () => drive.current(),
  watch: (listener) => drive.watch(listener),
  powerCycle: async () => {
    const medium = drive.current();
    assert(medium !== null, 'the mutant runs with a medium in the drive');
    return ok({ medium, readBack: 'power-cycle' as const });
  },
});

/** Slot before content, and so before SLOT_BEGIN, which stands between content and whatever follows. */
export function keyBeforeContent(
  drive: MediaDrive,
  intents: CopyIntents,
): { readonly drive: MediaDrive; readonly intents: CopyIntents } {
  let begin: SlotBegin | null = null;
  let content: { path: string; bytes: number; parts: Uint8Array[] } | null = null;
  const late = (medium: MountedMedium): MountedMedium =>
    changed(medium, {
      createLarge: async (path, bytes) => {
        const kept = { path, bytes, parts: [] as Uint8Array[] };
        content = kept;
        const writer: LargeFileWriter = {
          write: async (part) => {
            kept.parts.push(Uint8Array.from(part));
            return ok(undefined);
          },
          finish: async () => ok(undefined),
          abort: async () => {},
        };
        return ok(writer);
      },
      overwrite: async (path, offset, bytes) => {
        const written = await medium.overwrite(path, offset, bytes);
        if (!written.ok || content === null || !path.endsWith('slot.age')) return written;
        const { path: name, bytes: total, parts } = content;
        content = null;
        const writer = await medium.createLarge(name, total);
        if (!writer.ok) return writer;
        for (const part of parts) {
          const put = await writer.value.write(part);
          if (!put.ok) return put;
        }
        const finished = await writer.value.finish();
        if (finished.ok && begin !== null) await intents.recordSlotBegin(begin);
        return finished;
      },
    });
  return {
    drive: through(drive, late),
    intents: {
      ...intents,
      recordSlotBegin: async (record) => {
        begin = record;
      },
    },
  };
}

/** The receipt is signed at the INTENT, before anything is destroyed. */
export const signFirst = (intents: ReturnIntents, receipt: string): ReturnIntents => ({
  ...intents,
  recordReturnIntent: async (intent) => {
    await intents.recordReturnIntent(intent);
    await intents.commitReceipt(intent.returnId, async () => receipt);
  },
});
