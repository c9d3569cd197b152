import {
  DRIVES,
  type DriveName,
  type PanelAction,
  type PanelDrive,
  type PanelFault,
  type PanelMedium,
  type PanelMember,
  type PanelOutcome,
  type PanelSnapshot,
  type PanelTerminal,
  type PanelWorld,
  TERMINALS,
  type TerminalName,
} from '#firmware-sim/panel/contract.ts';
import { memberBalances } from '#hub/app/ledger/balances.ts';
import type { HubInside } from '#hub/hub.ts';
import type { MemberRow } from '#hub/ports/rows/index.ts';
import { unreachable } from '#shared/kernel/assert.ts';
import { fault, ok, type Result } from '#shared/kernel/result.ts';
import { milliseconds } from '#shared/kernel/time.ts';
import type { DemoClock } from './demo-clock.ts';
import type { TerminalHardware } from './hardware.ts';
import type { Rack } from './rack.ts';
import type { MemberFile } from './seed/files.ts';
import { countCopies } from './sticks.ts';

/** A running terminal as the panel sees it. */
export interface SeenTerminal {
  readonly terminalId: string;
  online(): boolean;
  busy(): boolean;
}

export interface WorldParts {
  readonly clock: DemoClock;
  readonly zone: string;
  readonly addresses: PanelSnapshot['addresses'];
  /** Null: a mounted directory is the drive. */
  readonly rack: Rack | null;
  readonly mountedDirectory: string | null;
  /** Whether there is a medium in the mounted directory. */
  readonly mediumMounted: () => boolean;
  readonly hardware: Readonly<Record<TerminalName, TerminalHardware>>;
  readonly terminals: Readonly<Record<TerminalName, SeenTerminal>>;
  readonly inside: HubInside;
  readonly people: readonly { readonly file: MemberFile; readonly row: MemberRow }[];
}

/** What the panel shows and does, over the demo's parts. */
export class DemoWorld implements PanelWorld {
  readonly #parts: WorldParts;
  readonly #listeners = new Set<() => void>();

  constructor(parts: WorldParts) {
    this.#parts = parts;
  }

  async snapshot(): Promise<PanelSnapshot> {
    const { clock, zone, addresses, mountedDirectory } = this.#parts;
    return {
      now: clock.now(),
      zone,
      forwardMs: clock.offset(),
      addresses,
      mountedDirectory,
      media: await this.#media(),
      drives: DRIVES.map((name) => this.#drive(name)),
      terminals: TERMINALS.map((name) => this.#terminal(name)),
      members: await Promise.all(this.#parts.people.map((person) => this.#member(person))),
    };
  }

  async act(action: PanelAction): Promise<Result<PanelOutcome, PanelFault>> {
    const done = await this.#carryOut(action);
    for (const listener of this.#listeners) listener();
    return done;
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    const unwatch = this.#parts.rack?.watch(listener) ?? (() => {});
    return () => {
      this.#listeners.delete(listener);
      unwatch();
    };
  }

  async #carryOut(action: PanelAction): Promise<Result<PanelOutcome, PanelFault>> {
    const { rack, hardware, clock } = this.#parts;
    switch (action.type) {
      case 'insert': {
        if (rack === null) return directory();
        const leaves = rack.whereIs(action.medium);
        const forced = this.#torn(action.drive) || (leaves !== null && this.#torn(leaves));
        return (await rack.insert(action.medium, action.drive))
          ? ok({ forced })
          : fault('medium_unknown', `there is no medium ${action.medium}`);
      }
      case 'pull': {
        if (rack === null) return directory();
        const forced = this.#torn(action.drive);
        rack.pull(action.drive);
        return ok({ forced });
      }
      case 'slow':
        if (rack === null) return directory();
        rack.setSlow(action.drive, action.slow);
        return plainly;
      case 'network':
        hardware[action.terminal].cable.setCut(action.cut);
        return plainly;
      case 'card':
        hardware[action.terminal].card.behave(action.behaviour);
        return plainly;
      case 'paper':
        hardware[action.terminal].printer.setPaper(action.present);
        return plainly;
      case 'forward': {
        const moved = clock.forward(milliseconds(action.hours * 3_600_000));
        return moved.ok ? plainly : moved;
      }
      default:
        return unreachable(action);
    }
  }

  /** Whether pulling what is in this drive goes through a locked door. */
  #torn(drive: DriveName): boolean {
    return this.#parts.rack?.in(drive) !== null && this.#locked(drive) === true;
  }

  #locked(drive: DriveName): boolean | null {
    return drive === 'player' ? null : this.#parts.hardware[drive].door.locked();
  }

  async #media(): Promise<readonly PanelMedium[]> {
    const { rack } = this.#parts;
    if (rack === null) return [];
    return Promise.all(
      rack.sticks().map(async (stick) => ({
        name: stick.name,
        kind: stick.kind,
        owner: stick.owner,
        where: rack.whereIs(stick.name),
        copies: await countCopies(stick),
      })),
    );
  }

  #drive(name: DriveName): PanelDrive {
    const { rack, terminals, mountedDirectory, mediumMounted } = this.#parts;
    return {
      name,
      medium: rack === null ? (mediumMounted() ? mountedDirectory : null) : rack.in(name),
      busy: name !== 'player' && this.#locked(name) === true && terminals[name].busy(),
      doorLocked: this.#locked(name),
      slow: rack?.slow(name) ?? false,
    };
  }

  #terminal(name: TerminalName): PanelTerminal {
    const { card, cable, printer } = this.#parts.hardware[name];
    const { terminalId, online } = this.#parts.terminals[name];
    return {
      name,
      terminalId,
      networkCut: cable.cut(),
      online: online(),
      card: card.behaviour(),
      cardRecords: card.inspect().length,
      paper: printer.hasPaper(),
      roll: [...printer.roll()],
    };
  }

  async #member({ file, row }: WorldParts['people'][number]): Promise<PanelMember> {
    const balances = await memberBalances(this.#parts.inside.db.stores, row.memberId, row.currency);
    return {
      name: file.displayName,
      number: row.number,
      pin: file.pin,
      about: file.about,
      prepaid: { minor: balances.prepaid.minor, currency: row.currency },
      due: balances.amountDue.minor,
      points: balances.points,
    };
  }
}

const plainly: Result<PanelOutcome, never> = ok({ forced: false });
const directory = () => fault('drive_is_directory', 'a mounted directory is the drive');
