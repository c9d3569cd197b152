import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { createDirectoryDrive, type DirectoryDrive } from './directory-drive.ts';

/** A removable volume that the system has mounted. */
export interface UsbVolume {
  /** `/dev/sdb1`. */
  readonly device: string;
  readonly mountPoint: string;
  readonly fileSystem: string | null;
  readonly bytes: number;
  readonly readOnly: boolean;
  readonly uuid: string | null;
}

interface LsblkNode {
  readonly path: string;
  readonly rm?: boolean | undefined;
  readonly hotplug?: boolean | undefined;
  readonly tran?: string | null | undefined;
  readonly mountpoints?: readonly (string | null)[] | undefined;
  readonly mountpoint?: string | null | undefined;
  readonly fstype?: string | null | undefined;
  readonly size: number;
  readonly ro?: boolean | undefined;
  readonly uuid?: string | null | undefined;
  readonly children?: readonly LsblkNode[] | undefined;
}

const text = z.string().max(4096);
const node: z.ZodType<LsblkNode> = z.lazy(() =>
  z.object({
    path: text,
    rm: z.boolean().optional(),
    hotplug: z.boolean().optional(),
    tran: text.nullable().optional(),
    mountpoints: z.array(text.nullable()).max(64).optional(),
    mountpoint: text.nullable().optional(),
    fstype: text.nullable().optional(),
    size: z.int().min(0),
    ro: z.boolean().optional(),
    uuid: text.nullable().optional(),
    children: z.array(node).max(128).optional(),
  }),
);
const answer = z.object({ blockdevices: z.array(node).max(256) });

/** Mounted volumes of removable or USB devices in an answer of `lsblk --json --bytes`; `lsblk_malformed` for anything else. */
export function readLsblk(json: string): Result<readonly UsbVolume[], Fault<'lsblk_malformed'>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return fault('lsblk_malformed', 'lsblk answered no JSON');
  }
  const decoded = answer.safeParse(parsed);
  if (!decoded.success) return fault('lsblk_malformed', 'lsblk answered another shape');
  return ok(decoded.data.blockdevices.flatMap((device) => volumesOf(device, false)));
}

function volumesOf(device: LsblkNode, inherited: boolean): readonly UsbVolume[] {
  const removable = inherited || device.rm === true || device.hotplug === true || device.tran === 'usb';
  const mountPoint = (device.mountpoints ?? [device.mountpoint ?? null]).find((point) =>
    point?.startsWith('/'),
  );
  const own: UsbVolume[] =
    removable && mountPoint !== undefined && mountPoint !== null
      ? [
          {
            device: device.path,
            mountPoint,
            fileSystem: device.fstype ?? null,
            bytes: device.size,
            readOnly: device.ro === true,
            uuid: device.uuid ?? null,
          },
        ]
      : [];
  return [...own, ...(device.children ?? []).flatMap((child) => volumesOf(child, removable))];
}

/** Runs lsblk; separated so that tests bring recorded answers. */
export const runLsblk = async (): Promise<string> => {
  const columns = 'PATH,RM,HOTPLUG,TRAN,MOUNTPOINTS,FSTYPE,SIZE,RO,UUID';
  const { stdout } = await promisify(execFile)('lsblk', ['--json', '--bytes', '--output', columns], {
    timeout: 5000,
    maxBuffer: 1024 * 1024,
  });
  return stdout;
};

/**
 * A drive that follows USB sticks: whatever removable volume the system mounts is its medium; the first by device name where there are several.
 * `port` narrows it to devices whose path begins so (`/dev/sdb`). Where lsblk fails, there is no medium.
 */
export function createUsbDrive(deps: {
  readonly name: string;
  readonly clock: Clock;
  readonly lsblk: () => Promise<string>;
  readonly port: string;
}): Promise<DirectoryDrive> {
  return createDirectoryDrive({
    name: deps.name,
    clock: deps.clock,
    where: async () => {
      const json = await deps.lsblk().catch(() => '');
      const volumes = readLsblk(json);
      if (!volumes.ok) return null;
      const found = volumes.value.filter((volume) => volume.device.startsWith(deps.port));
      return found.sort((a, b) => (a.device < b.device ? -1 : 1))[0]?.mountPoint ?? null;
    },
  });
}
