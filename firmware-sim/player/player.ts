import { createHash } from 'node:crypto';
import { type ServerType, serve } from '@hono/node-server';
import type { CopyId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { CopyExtras } from '#shared/media/extras.ts';
import { revocationsOn } from '#shared/media/revocation-list.ts';
import { type FleetTrust, withRevocations } from '#shared/media/signing.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Log } from '#shared/ports/log.ts';
import type { MediaDrive } from '#shared/ports/media-drive.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Beside } from './beside.ts';
import type { PlayerDesk, PlayerShelf } from './contract.ts';
import { openDevice, type PlayerDevice } from './device.ts';
import { folderFiles, type PlayerFiles } from './files.ts';
import { playerApp } from './http.ts';
import type { PlayerHub } from './hub-link.ts';
import { askHub, type Pairing } from './pairing.ts';
import { type KnownRevocations, openRevocations } from './revocations.ts';
import { leaveOpenings, leavePlayerKey, type OpenedCopy, openCopy, readShelf } from './shelf.ts';

/** A sitting is left on the medium this often: a write of a few kilobytes. */
const LEAVE_EVERY_MS = 5 * 60_000;
/** Each open copy holds what was read of it last, up to some megabytes; nobody watches more of them at once. */
const MOST_OPEN = 16;

export interface PlayerDeps extends PlayerParts {
  /** Where the player keeps its keys and memory. */
  readonly folder: string;
}

export interface PlayerParts {
  readonly drive: MediaDrive;
  readonly trust: FleetTrust;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly uiFolder: string;
  readonly host: string;
  readonly port: number;
  readonly name: string;
  /** Null: this player has no network; it is paired by the medium. */
  readonly hub: PlayerHub | null;
}

/** The home player (PLY-1): opens copies with their slots and serves them by byte range to its own page. */
export interface Player extends PlayerDesk {
  /** From now on it sees what comes into its drive; `start` does this and serves the page as well. */
  attend(): Promise<void>;
  start(): Promise<{ readonly address: string }>;
  stop(): Promise<void>;
}

export const createPlayer = (deps: PlayerDeps): Promise<Player> => playerWith(deps, folderFiles(deps.folder));

/** The same with whatever keeps its memory. */
export async function playerWith(parts: PlayerParts, files: PlayerFiles): Promise<Player> {
  const device = await openDevice(files, parts.clock, parts.random, parts.name);
  return new HomePlayer(parts, device, await openRevocations(files, parts.trust));
}

const keyPrintOf = (recipient: string): string =>
  (createHash('sha256').update(recipient).digest('hex').slice(0, 16).match(/.{4}/g) ?? []).join(' ');

class HomePlayer implements Player {
  readonly #deps: PlayerParts;
  readonly #device: PlayerDevice;
  readonly #revocations: KnownRevocations;
  /** The fleet, with what this player knows of revoked terminals. */
  readonly #trust: FleetTrust;
  /** Last in the row: what was asked for last. */
  readonly #open = new Map<string, OpenedCopy>();
  readonly #beside: Beside = new Map();
  readonly #listeners = new Set<() => void>();
  #trouble: PlayerShelf['trouble'] = null;
  #pairing: Pairing | null = null;
  /** When sittings were left on the medium last. */
  #leftAt = 0;
  #server: ServerType | null = null;
  #unwatch: () => void = () => {};

  constructor(deps: PlayerParts, device: PlayerDevice, revocations: KnownRevocations) {
    this.#deps = deps;
    this.#device = device;
    this.#revocations = revocations;
    this.#trust = withRevocations(deps.trust, revocations.revokedAt);
  }

  async attend(): Promise<void> {
    this.#unwatch = this.#deps.drive.watch(() => void this.#mediumChanged());
    await this.#mediumChanged();
  }

  async start(): Promise<{ address: string }> {
    await this.attend();
    const app = playerApp(this, this.#deps.uiFolder, [this.#deps.host]);
    const port = await new Promise<number>((resolve, reject) => {
      this.#server = serve({ fetch: app.fetch, hostname: this.#deps.host, port: this.#deps.port }, (info) =>
        resolve(info.port),
      );
      this.#server.once('error', reject);
    });
    return { address: `http://${this.#deps.host}:${port}` };
  }

  async stop(): Promise<void> {
    this.#unwatch();
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      if ('closeAllConnections' in server) server.closeAllConnections();
    });
  }

  async shelf(): Promise<PlayerShelf> {
    await this.#learn();
    const shelf = await readShelf(this.#shelfDeps());
    const { now } = await this.#device.time();
    return {
      ...shelf,
      playerId: this.#device.playerId,
      name: this.#deps.name,
      keyPrint: keyPrintOf(this.#device.recipient),
      now,
      trouble: this.#trouble,
      pairing: this.#pairing,
      pairable: this.#deps.hub !== null,
    };
  }

  async open(copyId: CopyId): ReturnType<Player['open']> {
    await this.#learn();
    const opened = await openCopy(this.#shelfDeps(), copyId);
    if (!opened.ok) {
      this.#deps.log.info({ copyId, code: opened.error.code }, 'copy refused');
      return opened;
    }
    this.#trouble = null;
    await this.#sit(opened.value, true);
    const token = Buffer.from(this.#deps.random.bytes(24)).toString('base64url');
    this.#keep(token, opened.value);
    const { mediaType, content } = opened.value;
    return ok({ address: `/content/${token}`, mediaType, bytes: content.plaintextBytes });
  }

  async beside(copyId: CopyId): Promise<CopyExtras | null> {
    const { copies } = await readShelf(this.#shelfDeps());
    const opens = copies.some((copy) => copy.copyId === copyId && copy.refusal === null);
    return opens ? (this.#beside.get(copyId)?.extras ?? null) : null;
  }

  opened(token: string): OpenedCopy | null {
    const copy = this.#open.get(token);
    if (copy?.medium.present() !== true) return null;
    this.#keep(token, copy);
    return copy;
  }

  /** A medium may stay in for months, and its copies be opened every day: what nobody asked for longest is closed. */
  #keep(token: string, copy: OpenedCopy): void {
    this.#open.delete(token);
    this.#open.set(token, copy);
    const oldest = this.#open.keys().next();
    if (this.#open.size > MOST_OPEN && oldest.done !== true) this.#open.delete(oldest.value);
  }

  /** Asked for each piece that is served: the sitting goes on, and ends with the licence by the time that counts. */
  async mayServe(copy: OpenedCopy): Promise<boolean> {
    const { now, setBack } = await this.#device.time();
    if (setBack || (copy.endsAt !== null && now >= copy.endsAt)) return false;
    await this.#sit(copy, false);
    return true;
  }

  /** SEC-8: noted in the player's memory by the minute, on the medium at once and then every few minutes. */
  async #sit(copy: OpenedCopy, fresh: boolean): Promise<void> {
    const { now } = await this.#device.time();
    await this.#device.sit(copy.copyId, copy.mediumId, now, fresh);
    if (!fresh && now - this.#leftAt < LEAVE_EVERY_MS) return;
    this.#leftAt = now;
    await leaveOpenings(this.#shelfDeps(), copy.mediumId);
  }

  async pair(wantsCode: boolean): Promise<Result<Pairing, Fault>> {
    const { hub, trust, random } = this.#deps;
    if (hub === null) return fault('hub_away', 'this player has no network');
    const asked = await askHub({ hub, device: this.#device, trust, random }, wantsCode);
    if (asked.ok) this.#pairing = asked.value;
    else this.#deps.log.info({ code: asked.error.code }, 'the hub was not asked');
    this.#announce();
    return asked;
  }

  rememberPosition(copyId: CopyId, seconds: number): Promise<void> {
    return this.#device.rememberPosition(copyId, seconds);
  }

  reportTrouble(copyId: CopyId, code: string): void {
    this.#trouble = { copyId, code };
    this.#deps.log.warn({ copyId, code }, 'content cannot be read');
    this.#announce();
  }

  reportAttack(code: `security_${string}`): void {
    this.#deps.log.warn({ code }, 'attack refused');
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #mediumChanged(): Promise<void> {
    this.#open.clear();
    this.#beside.clear();
    this.#trouble = null;
    await this.#learn();
    if (this.#deps.drive.current() !== null) await leavePlayerKey(this.#shelfDeps());
    this.#announce();
  }

  /** SEC-1: whatever is opened is judged by the newest list of revoked terminals, the one on this medium among them. */
  async #learn(): Promise<void> {
    const medium = this.#deps.drive.current();
    const list = medium === null ? null : await revocationsOn(medium);
    if (list !== null && (await this.#revocations.learn(list)))
      this.#deps.log.info({}, 'a newer list of revoked terminals');
  }

  #announce(): void {
    for (const listener of this.#listeners) listener();
  }

  #shelfDeps() {
    return {
      drive: this.#deps.drive,
      trust: this.#trust,
      device: this.#device,
      beside: this.#beside,
    };
  }
}
