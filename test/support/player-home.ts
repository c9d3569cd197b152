import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MemoryMedium, memoryMedium } from '#firmware-sim/media/medium-backing.ts';
import type { PlayerShelf } from '#firmware-sim/player/contract.ts';
import { playerApp } from '#firmware-sim/player/http.ts';
import { createPlayer, type Player } from '#firmware-sim/player/player.ts';
import type { FleetAuthority } from '#hub/pki/authority.ts';
import type { CopyId } from '#shared/kernel/ids.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { acceptReturn, destroySlot } from '#shared/media/destroy-copy.ts';
import { licenceFile } from '#shared/media/layout.ts';
import { licenceSchema } from '#shared/media/licence.ts';
import { signJws } from '#shared/media/signing.ts';
import { writeCopy } from '#shared/media/write-copy.ts';
import { silentLog } from '#shared/ports/log.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { type AskedPlayer, askedPlayer } from './asked-player.ts';
import { anAccept, aWrite, type Bench, bench, memoryRecords } from './media-story.ts';
import { enrol, foundFleet } from './test-fleet.ts';

export const HOUR = 3_600_000;
/** Three chunks of the container, the last one short; no two places alike. */
export const PLAINTEXT = Buffer.from(Array.from({ length: 40_000 }, (_, at) => `${at};`).join('')).subarray(
  0,
  190_000,
);

/** A player at home with its own drive and memory. */
export interface Home {
  readonly at: Bench;
  readonly player: Player;
  readonly app: AskedPlayer;
  open(copyId: CopyId): Promise<{ status: number; code: string | undefined; address: string }>;
  shelf(): Promise<PlayerShelf>;
}

/** A fleet and a foreign one, what their kiosks and return terminals do to media, and players at home. */
export class PlayerStory {
  readonly #folder = mkdtempSync(join(tmpdir(), 'keyturn-player-'));
  #players = 0;
  readonly fleet: FleetAuthority;
  readonly other: FleetAuthority;
  readonly kiosk: Signer;
  readonly terminal: Signer;
  /** A kiosk of the other fleet. */
  readonly foreign: Signer;

  private constructor(
    fleet: FleetAuthority,
    other: FleetAuthority,
    kiosk: Signer,
    terminal: Signer,
    foreign: Signer,
  ) {
    this.fleet = fleet;
    this.other = other;
    this.kiosk = kiosk;
    this.terminal = terminal;
    this.foreign = foreign;
  }

  static async open(): Promise<PlayerStory> {
    const [fleet, other] = [await foundFleet(), await foundFleet()];
    const kiosk = await enrol(fleet, 'kiosk-one', 'kiosk');
    const terminal = await enrol(fleet, 'rt-one', 'return-terminal');
    const foreign = await enrol(other, 'kiosk-one', 'kiosk');
    return new PlayerStory(fleet, other, kiosk, terminal, foreign);
  }
  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** A player whose medium is put in by the test; `behind`: its clock always was, by so many milliseconds. */
  async aHome(name = this.#nextName(), behind = 0): Promise<Home> {
    const { fleet, kiosk } = this;
    const folder = this.#folder;
    const at = bench(fleet.trust, kiosk, name);
    at.clock.jump(epochMs(at.clock.now() - behind));
    const player = await createPlayer({
      drive: at.drive,
      trust: fleet.trust,
      clock: at.clock,
      random: at.random,
      log: silentLog,
      folder: join(folder, name),
      uiFolder: folder,
      host: '127.0.0.1',
      port: 0,
      name: 'Living room',
      hub: null,
    });
    const app = askedPlayer(playerApp(player, folder));
    return {
      at,
      player,
      app,
      open: async (copyId) => {
        const answer = await app.request(`/api/copies/${copyId}/open`, { method: 'POST' });
        const body = (await answer.json()) as { code?: string; address?: string };
        return { status: answer.status, code: body.code, address: body.address ?? '' };
      },
      shelf: async () => (await (await app.request('/api/shelf')).json()) as PlayerShelf,
    };
  }
  #nextName(): string {
    this.#players += 1;
    return `player-${this.#players}`;
  }

  /** Writes a copy onto a medium at a kiosk, the way kiosks do. */
  async rented(
    medium: MemoryMedium,
    changes: Parameters<typeof aWrite>[3] = {},
    signer: Signer = this.kiosk,
    authority: FleetAuthority = this.fleet,
  ): Promise<CopyId> {
    const at = bench(authority.trust, signer, `kiosk ${medium.label} ${medium.files.size}`);
    await at.drive.insert(medium);
    const written = await writeCopy(at.deps, aWrite(at.random, memoryRecords(), PLAINTEXT, changes));
    if (written.kind !== 'written') throw new Error(`the test's copy was not written: ${written.kind}`);
    return written.commit.copyId;
  }

  /** Signs the licence anew with something changed, as the hub does. */
  async changeLicence(medium: MemoryMedium, copyId: CopyId, change: object): Promise<void> {
    const path = licenceFile(copyId);
    const jws = Buffer.from(medium.files.get(path) ?? []).toString('latin1');
    const licence = licenceSchema.parse(
      JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')),
    );
    const next = await signJws(
      'keyturn-licence',
      { ...licence, ...change },
      this.fleet.hubSigner,
      licence.issued,
    );
    medium.files.set(path, Buffer.from(next, 'ascii'));
  }

  /** A return terminal destroys the key. */
  async returned(on: MemoryMedium, copyId: CopyId): Promise<void> {
    const at = bench(this.fleet.trust, this.terminal, `return ${copyId}`);
    await at.drive.insert(on);
    const accepted = await acceptReturn(at.deps, anAccept(at.random, copyId));
    if (accepted.kind !== 'accepted') throw new Error(accepted.kind);
    await destroySlot(at.deps, { accepted: accepted.accepted, intents: memoryRecords() });
  }

  /** At which I/O step of a write the slot has just been written: the key is on the medium, the proof is not. */
  async stepsOfAWrite(): Promise<{ slotWritten: number }> {
    for (let step = 1; step < 60; step += 1) {
      const tried = memoryMedium('tried');
      const at = bench(this.fleet.trust, this.kiosk, 'held');
      await at.drive.insert(tried);
      at.drive.setFault({ at: { step, effect: 'pull-after' } });
      const outcome = await writeCopy(at.deps, aWrite(at.random, memoryRecords(), PLAINTEXT));
      if (outcome.kind === 'held') return { slotWritten: step };
    }
    throw new Error('no step of a write leaves a held copy');
  }
}
