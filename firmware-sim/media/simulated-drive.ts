import { fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type {
  DriveFault,
  LargeFileReader,
  LargeFileWriter,
  MediaDrive,
  MediumSpace,
  MountedMedium,
  SecureController,
} from '#shared/ports/media-drive.ts';
import type { Random } from '#shared/ports/random.ts';
import type { ControllerChip } from './controller/secure-controller.ts';
import type { DriveFaults, StepEffect } from './drive-faults.ts';
import type { SimulatedMedium } from './medium-backing.ts';

export type { DriveFaults, StepEffect } from './drive-faults.ts';

/** The terminal itself lost power: thrown out of whatever it was doing, as nothing in it may go on. */
export class PowerCut extends Error {
  override readonly name = 'PowerCut';
}

/** Power of the port went away while the controller wrote its memory: what it was doing goes no further. */
class PowerLost extends Error {
  override readonly name = 'PowerLost';
  readonly fault: DriveFault;

  constructor(fault: DriveFault) {
    super(fault.message);
    this.fault = fault;
  }
}

export interface SimulatedDrive extends MediaDrive {
  insert(medium: SimulatedMedium): Promise<void>;
  pull(): void;
  /** Replaces all faults; counting of steps begins anew. */
  setFault(faults: DriveFaults): void;
  /** I/O steps since `setFault` (or the beginning): every call that reads or writes the medium, and every power cycle. */
  steps(): number;
  inserted(): SimulatedMedium | null;
}

/** Sectors that a power cut writes or does not write: the torn step ends at a multiple of one of them. */
const SECTORS = [512, 4096] as const;

/** How long a slow write goes on without looking whether the medium is still there. */
const LONGEST_NAP_MS = 250;

type Undo = () => Promise<void>;

/** A drive whose power, medium and honesty the test decides. `clock` makes a slow medium slow, `random` chooses where a write is torn. */
export function createSimulatedDrive(deps: {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
}): SimulatedDrive {
  const listeners = new Set<(medium: MountedMedium | null) => void>();
  const state: DriveState = {
    faults: {},
    steps: 0,
    lies: [],
    clock: deps.clock,
    random: deps.random,
    powerOff: async () => {
      for (const undo of state.lies.splice(0).reverse())
        if (state.faults.lyingSync !== 'reordered' || deps.random.below(2) === 1) await undo();
    },
    eject: () => eject(),
  };
  let medium: SimulatedMedium | null = null;
  let mounted: FaultyMedium | null = null;

  const tell = (): void => {
    for (const listener of listeners) listener(mounted);
  };
  const eject = (): void => {
    mounted?.vanish();
    mounted = null;
    medium = null;
    tell();
  };
  const powerCycle: MediaDrive['powerCycle'] = async () => {
    if (medium === null || mounted === null) return fault('medium_missing', 'no medium in the drive');
    const stepped = await step(state, mounted);
    if (!stepped.ok) return stepped;
    const before = mounted;
    before.vanish();
    await state.powerOff();
    const after: SimulatedMedium | null = state.faults.swapAtPowerCycle ?? medium;
    const opened = await after?.open();
    // Somebody was quicker than the power: nothing is in the drive, or another medium, which is then what came back.
    if (mounted === null || opened === undefined || after === null) return PULLED();
    if (mounted === before) [medium, mounted] = [after, new FaultyMedium(opened, state, after.chip ?? null)];
    const ended = await stepped.value.end();
    return ended.ok ? ok({ medium: mounted, readBack: 'power-cycle' }) : ended;
  };
  return {
    name: deps.name,
    current: () => mounted,
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    powerCycle,
    insert: async (next) => {
      if (mounted !== null) eject();
      await state.powerOff();
      medium = next;
      mounted = new FaultyMedium(await next.open(), state, next.chip ?? null);
      tell();
    },
    pull: () => {
      if (mounted !== null) eject();
    },
    setFault: (faults) => {
      state.faults = faults;
      state.steps = 0;
    },
    steps: () => state.steps,
    inserted: () => medium,
  };
}

interface DriveState {
  faults: DriveFaults;
  steps: number;
  /** How to take back what a lying device only pretended to have written, oldest first. */
  readonly lies: Undo[];
  readonly clock: Clock;
  readonly random: Random;
  powerOff(): Promise<void>;
  eject(): void;
}

interface Step {
  readonly torn: boolean;
  /** Sectors of a torn write; undefined: chosen by chance. */
  readonly sector: number | undefined;
  end(): Promise<Result<void, DriveFault>>;
}

const PULLED = () => fault('medium_pulled', 'this medium was pulled');

/** Begins one I/O step: counts it and lets the fault that is due for it happen. */
async function step(
  state: DriveState,
  medium: { present(): boolean },
  writes = false,
): Promise<Result<Step, DriveFault>> {
  if (!medium.present()) return PULLED();
  state.steps += 1;
  const at = state.faults.at ?? null;
  if (at !== null && state.steps >= at.step) {
    if (at.effect === 'refused-on') return fault('medium_io_error', 'the device refuses everything');
    if (at.effect === 'full-on' && writes) return fault('medium_full', 'the device is full');
  }
  const due = at?.step === state.steps && !at.effect.endsWith('-on') ? at.effect : null;
  switch (due) {
    case 'refused':
      return fault('medium_io_error', 'the device refused');
    case 'full':
      return fault('medium_full', 'the device is full');
    case 'read-only':
      return fault('medium_read_only', 'the device turned read-only');
    case 'pull-before':
    case 'cut-before':
      return lose(state, due);
    default:
      return ok({
        torn: due?.includes('torn') ?? false,
        sector: due === null ? undefined : SECTORS.find((bytes) => due.endsWith(`-${bytes}`)),
        end: async () => (due === null ? ok(undefined) : lose(state, due)),
      });
  }
}

async function lose(state: DriveState, effect: StepEffect): Promise<Result<never, DriveFault>> {
  state.eject();
  await state.powerOff();
  if (effect.startsWith('cut')) throw new PowerCut(`power lost at step ${state.steps}`);
  return PULLED();
}

/** A medium seen through a drive with faults. */
class FaultyMedium implements MountedMedium {
  readonly fileSystem: string;
  readonly copiesOnWrite: boolean;
  readonly readOnly: boolean;
  readonly controller: SecureController | null;
  private readonly inner: MountedMedium;
  private readonly state: DriveState;
  private gone = false;

  constructor(inner: MountedMedium, state: DriveState, chip: ControllerChip | null) {
    this.controller = chip === null ? null : this.powered(chip);
    this.inner = inner;
    this.state = state;
    this.fileSystem = inner.fileSystem;
    this.copiesOnWrite = inner.copiesOnWrite;
    this.readOnly = inner.readOnly || state.faults.readOnly === true;
  }

  present(): boolean {
    return !this.gone && this.inner.present();
  }

  vanish(): void {
    this.gone = true;
  }

  /** The controller behind this port: carrying a message is a step, and so is every write of its memory behind it. */
  private powered(chip: ControllerChip): SecureController {
    const controller = chip.powerOn((memory) => ({
      read: (page) => memory.read(page),
      write: async (page, offset, bytes) => {
        const begun = await step(this.state, this, true);
        if (!begun.ok) throw new PowerLost(begun.error);
        const { torn, sector } = begun.value;
        if (torn)
          for (const [at, part] of this.sectors(bytes, sector)) await memory.write(page, offset + at, part);
        else await memory.write(page, offset, bytes);
        const ended = await begun.value.end();
        if (!ended.ok) throw new PowerLost(ended.error);
      },
    }));
    return {
      transceive: async (message) => {
        const begun = await step(this.state, this);
        if (!begun.ok) return begun;
        try {
          // A message that was carried in part is none.
          const answer = begun.value.torn ? PULLED() : await controller.transceive(message);
          const ended = await begun.value.end();
          return ended.ok ? answer : ended;
        } catch (error) {
          if (error instanceof PowerLost) return { ok: false, error: error.fault };
          throw error;
        }
      },
    };
  }

  async space(): Promise<Result<MediumSpace, DriveFault>> {
    if (!this.present()) return PULLED();
    const space = await this.inner.space();
    return space.ok && this.state.faults.full === true ? ok({ ...space.value, freeBytes: 0 }) : space;
  }

  list(path: string): Promise<Result<readonly string[], DriveFault>> {
    return this.read(() => this.inner.list(path));
  }

  stat(path: string): Promise<Result<{ readonly bytes: number } | null, DriveFault>> {
    return this.read(() => this.inner.stat(path));
  }

  readSmall(path: string, limitBytes: number): Promise<Result<Uint8Array | null, DriveFault>> {
    return this.read(() => this.inner.readSmall(path, limitBytes));
  }

  async openLarge(path: string): Promise<Result<LargeFileReader, DriveFault>> {
    const opened = await this.read(() => this.inner.openLarge(path));
    if (!opened.ok) return opened;
    const reader = opened.value;
    return ok({
      read: (offset, into) => this.read(() => reader.read(offset, into)),
      close: () => reader.close(),
    });
  }

  replaceSmall(path: string, bytes: Uint8Array): Promise<Result<void, DriveFault>> {
    return this.write(async (torn) => {
      if (torn) return ok(undefined);
      await this.lie(async () => {
        const before = await this.inner.readSmall(path, Number.MAX_SAFE_INTEGER);
        return async () => {
          if (before.ok && before.value !== null) await this.inner.replaceSmall(path, before.value);
          else await this.inner.remove(path);
        };
      });
      return this.inner.replaceSmall(path, bytes);
    });
  }

  overwrite(path: string, offset: number, bytes: Uint8Array): Promise<Result<void, DriveFault>> {
    return this.write(async (torn, sector) => {
      await this.lie(async () => {
        const before = await this.inner.readSmall(path, Number.MAX_SAFE_INTEGER);
        return async () => {
          if (!before.ok || before.value === null) return;
          await this.inner.overwrite(path, offset, before.value.subarray(offset, offset + bytes.length));
        };
      });
      return torn ? this.tear(path, offset, bytes, sector) : this.inner.overwrite(path, offset, bytes);
    });
  }

  makeDirectory(path: string): Promise<Result<void, DriveFault>> {
    return this.write(async (torn) => (torn ? ok(undefined) : this.inner.makeDirectory(path)));
  }

  remove(path: string): Promise<Result<void, DriveFault>> {
    return this.write(async (torn) => (torn ? ok(undefined) : this.inner.remove(path)));
  }

  async createLarge(path: string, totalBytes: number): Promise<Result<LargeFileWriter, DriveFault>> {
    let inner: LargeFileWriter | null = null;
    const created = await this.write(async () => {
      const opened = await this.inner.createLarge(path, totalBytes);
      if (!opened.ok) return opened;
      inner = opened.value;
      return ok(undefined);
    });
    const writer = inner as LargeFileWriter | null;
    if (!created.ok) {
      await writer?.abort();
      return created;
    }
    return writer === null ? fault('medium_io_error', 'not opened') : ok(this.slowed(writer));
  }

  private slowed(writer: LargeFileWriter): LargeFileWriter {
    // One after the other, also where a later, shorter piece would be quicker.
    let queue: Promise<unknown> = Promise.resolve();
    const inTurn = (work: () => Promise<Result<void, DriveFault>>): Promise<Result<void, DriveFault>> => {
      const turn = queue.then(work);
      queue = turn.catch(() => undefined);
      return turn;
    };
    const put = (bytes: Uint8Array) =>
      this.write(async (torn) => {
        const rate = this.state.faults.bytesPerSecond ?? 0;
        // In naps, so that a pull ends a slow write at once, as with a real port.
        let left = rate > 0 ? Math.ceil((bytes.length * 1000) / rate) : 0;
        while (left > 0 && this.present()) {
          const nap = Math.min(left, LONGEST_NAP_MS);
          await this.state.clock.sleep(milliseconds(nap));
          left -= nap;
        }
        if (!this.present()) return PULLED();
        return torn ? ok(undefined) : writer.write(bytes);
      });
    return {
      write: (bytes) => inTurn(() => put(bytes)),
      finish: () => inTurn(() => this.write(async (torn) => (torn ? ok(undefined) : writer.finish()))),
      abort: () => writer.abort(),
    };
  }

  /** Some of the sectors arrive, chosen by chance: devices do not write in order. */
  private async tear(
    path: string,
    offset: number,
    bytes: Uint8Array,
    sector: number | undefined,
  ): Promise<Result<void, DriveFault>> {
    for (const [at, part] of this.sectors(bytes, sector)) {
      const written = await this.inner.overwrite(path, offset + at, part);
      if (!written.ok) return written;
    }
    return ok(undefined);
  }

  private sectors(bytes: Uint8Array, size?: number): readonly (readonly [number, Uint8Array])[] {
    const { random } = this.state;
    const sector = size ?? SECTORS[random.below(SECTORS.length)] ?? 512;
    const kept: (readonly [number, Uint8Array])[] = [];
    for (let at = 0; at < bytes.length; at += sector)
      if (random.below(2) === 1) kept.push([at, bytes.subarray(at, at + sector)]);
    return kept;
  }

  private async lie(remember: () => Promise<Undo>): Promise<void> {
    if (this.state.faults.lyingSync) this.state.lies.push(await remember());
  }

  private async read<T>(work: () => Promise<Result<T, DriveFault>>): Promise<Result<T, DriveFault>> {
    const begun = await step(this.state, this);
    if (!begun.ok) return begun;
    const done = await work();
    const ended = await begun.value.end();
    return ended.ok ? done : ended;
  }

  private async write(
    work: (torn: boolean, sector: number | undefined) => Promise<Result<void, DriveFault>>,
  ): Promise<Result<void, DriveFault>> {
    if (this.state.faults.readOnly === true) return fault('medium_read_only', 'the medium is read-only');
    if (this.state.faults.full === true) return fault('medium_full', 'the medium is full');
    const begun = await step(this.state, this, true);
    if (!begun.ok) return begun;
    const done = await work(begun.value.torn, begun.value.sector);
    const ended = await begun.value.end();
    return ended.ok ? done : ended;
  }
}
