import { mkdir } from 'node:fs/promises';
import { mountDirectory } from '#shared/edge/drivers/mounted-directory.ts';
import { assert } from '#shared/kernel/assert.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import type {
  DriveFault,
  LargeFileReader,
  LargeFileWriter,
  MediumSpace,
  MountedMedium,
} from '#shared/ports/media-drive.ts';
import type { ControllerChip } from './controller/secure-controller.ts';

/** What a medium is made of, without power or faults: a folder, or memory. */
export interface SimulatedMedium {
  readonly label: string;
  /** The controller of a secure medium; absent: a plain one. The drive powers it on at each insertion and power cycle. */
  readonly chip?: ControllerChip;
  /** The bytes behind the medium; the same at every insertion. */
  open(): Promise<MountedMedium>;
}

/** A medium with a controller built in. */
export const withChip = <M extends SimulatedMedium>(medium: M, chip: ControllerChip): M => ({
  ...medium,
  chip,
});

/** A medium that is a folder: real files, so that any tool can look at them and a film of gigabytes fits. */
export const folderMedium = (label: string, folder: string): SimulatedMedium => ({
  label,
  open: async () => {
    await mkdir(folder, { recursive: true });
    const mounted = await mountDirectory(folder, { directReads: false });
    assert(mounted !== null, `the folder of medium ${label} can be opened`);
    return mounted;
  },
});

export interface MemoryMediumOptions {
  readonly capacityBytes?: number;
  readonly fileSystem?: string;
  readonly copiesOnWrite?: boolean;
  readonly readOnly?: boolean;
  readonly largestFileBytes?: number;
}

/** A medium in memory. `files` may be read and changed by tests: what stands there is what is on the device. */
export interface MemoryMedium extends SimulatedMedium {
  readonly files: Map<string, Uint8Array>;
  /** Another medium with the same bytes: a clone, or the device as it is at this moment. */
  copy(label: string): MemoryMedium;
  /** Puts what stands in a folder of another medium over what stands there here, as a file manager does. */
  putBack(from: MemoryMedium, folder: string): void;
}

export function memoryMedium(label: string, options: MemoryMediumOptions = {}): MemoryMedium {
  const files = new Map<string, Uint8Array>();
  const folders = new Set<string>();
  return build(label, options, files, folders);
}

function build(
  label: string,
  options: MemoryMediumOptions,
  files: Map<string, Uint8Array>,
  folders: Set<string>,
): MemoryMedium {
  return {
    label,
    files,
    open: async () => new MemoryMounted(files, folders, options),
    copy: (other) =>
      build(
        other,
        options,
        new Map([...files].map(([path, bytes]) => [path, Uint8Array.from(bytes)])),
        new Set(folders),
      ),
    putBack: (from, folder) => {
      for (const [path, bytes] of from.files) {
        if (!path.startsWith(`${folder}/`)) continue;
        files.set(path, Uint8Array.from(bytes));
        for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1))
          folders.add(path.slice(0, end));
      }
    },
  };
}

const PATH = /^KEYTURN(\/[A-Za-z0-9][A-Za-z0-9._-]{0,127}){0,3}$/;
const refused = () => fault('medium_path_refused', 'outside of KEYTURN');
const missing = (path: string) => fault('medium_file_missing', `no ${path}`);

class MemoryMounted implements MountedMedium {
  readonly controller = null;
  readonly fileSystem: string;
  readonly copiesOnWrite: boolean;
  readonly readOnly: boolean;
  private readonly capacity: number;
  private readonly largest: number;
  private readonly files: Map<string, Uint8Array>;
  private readonly folders: Set<string>;

  constructor(files: Map<string, Uint8Array>, folders: Set<string>, options: MemoryMediumOptions) {
    this.files = files;
    this.folders = folders;
    this.fileSystem = options.fileSystem ?? 'memory';
    this.copiesOnWrite = options.copiesOnWrite ?? false;
    this.readOnly = options.readOnly ?? false;
    this.capacity = options.capacityBytes ?? 64 * 1024 * 1024;
    this.largest = options.largestFileBytes ?? Number.MAX_SAFE_INTEGER;
  }

  present(): boolean {
    return true;
  }

  private used(): number {
    let bytes = 0;
    for (const file of this.files.values()) bytes += file.length;
    return bytes;
  }

  private writable(path: string, grows: number): Result<void, DriveFault> {
    if (!PATH.test(path)) return refused();
    if (this.readOnly) return fault('medium_read_only', 'read-only');
    return this.used() + grows > this.capacity ? fault('medium_full', 'no room') : ok(undefined);
  }

  async space(): Promise<Result<MediumSpace, DriveFault>> {
    const freeBytes = this.capacity - this.used();
    return ok({ totalBytes: this.capacity, freeBytes, largestFileBytes: this.largest });
  }

  async list(path: string): Promise<Result<readonly string[], DriveFault>> {
    if (!PATH.test(path)) return refused();
    if (!this.folders.has(path)) return missing(path);
    const names = new Set<string>();
    for (const each of [...this.files.keys(), ...this.folders])
      if (each.startsWith(`${path}/`)) names.add(each.slice(path.length + 1).split('/')[0] ?? '');
    return ok([...names]);
  }

  async stat(path: string): Promise<Result<{ readonly bytes: number } | null, DriveFault>> {
    if (!PATH.test(path)) return refused();
    const file = this.files.get(path);
    if (file !== undefined) return ok({ bytes: file.length });
    return ok(this.folders.has(path) ? { bytes: 0 } : null);
  }

  async readSmall(path: string, limitBytes: number): Promise<Result<Uint8Array | null, DriveFault>> {
    if (!PATH.test(path)) return refused();
    const file = this.files.get(path);
    if (file === undefined) return ok(null);
    return file.length > limitBytes ? fault('medium_io_error', 'too long') : ok(Uint8Array.from(file));
  }

  async openLarge(path: string): Promise<Result<LargeFileReader, DriveFault>> {
    if (!PATH.test(path)) return refused();
    const file = this.files.get(path);
    if (file === undefined) return missing(path);
    return ok({
      read: async (offset, into) => {
        const bytes = file.subarray(offset, offset + into.length);
        into.set(bytes);
        return ok(bytes.length);
      },
      close: async () => {},
    });
  }

  async replaceSmall(path: string, bytes: Uint8Array): Promise<Result<void, DriveFault>> {
    const allowed = this.writable(path, bytes.length);
    if (!allowed.ok) return allowed;
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (!this.folders.has(parent)) return missing(parent);
    this.files.set(path, Uint8Array.from(bytes));
    return ok(undefined);
  }

  async overwrite(path: string, offset: number, bytes: Uint8Array): Promise<Result<void, DriveFault>> {
    const allowed = this.writable(path, 0);
    if (!allowed.ok) return allowed;
    const file = this.files.get(path);
    if (file === undefined) return missing(path);
    if (offset + bytes.length > file.length) return fault('medium_io_error', 'overwriting beyond the end');
    file.set(bytes, offset);
    return ok(undefined);
  }

  async makeDirectory(path: string): Promise<Result<void, DriveFault>> {
    const allowed = this.writable(path, 0);
    if (!allowed.ok) return allowed;
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (path !== 'KEYTURN' && !this.folders.has(parent)) return missing(parent);
    if (this.files.has(path)) return refused();
    this.folders.add(path);
    return ok(undefined);
  }

  async remove(path: string): Promise<Result<void, DriveFault>> {
    const allowed = this.writable(path, 0);
    if (!allowed.ok) return allowed;
    const inside = [...this.files.keys(), ...this.folders].some((each) => each.startsWith(`${path}/`));
    if (inside) return fault('medium_io_error', 'the folder is not empty');
    this.files.delete(path);
    this.folders.delete(path);
    return ok(undefined);
  }

  async createLarge(path: string, totalBytes: number): Promise<Result<LargeFileWriter, DriveFault>> {
    const allowed = this.writable(path, totalBytes);
    if (!allowed.ok) return allowed;
    if (totalBytes > this.largest) return fault('medium_file_too_large', 'too large for one file');
    const bytes = new Uint8Array(totalBytes);
    let at = 0;
    return ok({
      write: async (part) => {
        assert(at + part.length <= totalBytes, 'a file gets the length it was opened for');
        bytes.set(part, at);
        at += part.length;
        return ok(undefined);
      },
      finish: async () => {
        assert(at === totalBytes, 'the file is complete');
        this.files.set(path, bytes);
        return ok(undefined);
      },
      abort: async () => {},
    });
  }
}
