import type { StepEffect } from '#firmware-sim/media/drive-faults.ts';
import { sendCommand } from '#hub/app/fleet/control.ts';
import type { EventId, MediumId } from '#shared/kernel/ids.ts';
import { newId, type Random } from '#shared/ports/random.ts';
import { brokenBlank } from '../judge/blanks.ts';
import { ACTOR, askOnce } from '../staff.ts';
import { chipIdOf, type Stick } from '../world/sticks.ts';
import type { TerminalProcess } from '../world/terminal-process.ts';
import type { World } from '../world/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** As the console orders it (`hub/http/staff/controller-routes.ts`). */
const PATIENCE_S = 900;
/** Looks at the console, every few seconds, before whoever stands there takes the medium out again. */
const LOOKS = 40;
const OVER = new Set<string>(['done', 'failed', 'expired']);
/** What happens to the drive, or to the machine, in the middle. */
const EFFECTS: readonly StepEffect[] = [
  ...(['pull-before', 'pull-torn', 'pull-after'] as const),
  ...(['cut-before', 'cut-torn', 'cut-after', 'refused'] as const),
];
/** Questions to a controller and writes of its memory while it becomes one of the fleet. */
const STEPS = 16;

/** Members bring blank secure media, and staff order the kiosk to make them the fleet's (SEC-5, MS-33); again and again, until one is. */
export class Maker {
  readonly #world: World;
  readonly #faults: boolean;
  made = 0;
  /** Tries at which something was pulled, cut or refused on purpose. */
  disturbed = 0;
  readonly wrong: string[] = [];

  constructor(world: World, faults: boolean) {
    this.#world = world;
    this.#faults = faults;
  }

  /** Whether a member has to go to staff with this medium; somebody now and then does with one that is no blank any more. */
  async wanted(medium: Stick, random: Random): Promise<boolean> {
    if (medium.bornBlank === undefined) return false;
    return (await chipIdOf(medium)) === null || random.below(8) === 0;
  }

  async visit(kiosk: TerminalProcess, medium: Stick, random: Random): Promise<void> {
    for (let tries = 2 + random.below(3); tries > 0; tries -= 1) {
      const before = await chipIdOf(medium);
      await this.#try(kiosk, medium, random);
      const broken = await brokenBlank(medium, this.#world.hub.trust);
      if (broken !== null) this.wrong.push(broken);
      const after = await chipIdOf(medium);
      if (before !== null && after !== before)
        this.wrong.push(`MS-33: ${medium.label} was certified as ${before}, and is ${after} now`);
      this.#world.chronicle.note(kiosk.id, `${medium.label} is ${after === null ? 'blank' : 'certified'}`);
      if (before === null && after !== null) this.made += 1;
      // Whoever saw nothing of it orders once more.
      if (after !== null && random.below(3) > 0) return;
      await this.#world.time.sleep(MINUTE + random.below(5 * MINUTE));
    }
  }

  async #try(kiosk: TerminalProcess, medium: Stick, random: Random): Promise<void> {
    const { time, wire } = this.#world;
    const [odd, step, pulledAt] = [random.below(this.#faults ? 8 : 1), random.below(STEPS), random.below(6)];
    const effect = EFFECTS[random.below(EFFECTS.length)] as StepEffect;
    if (!kiosk.up() || kiosk.inSlot() !== null) return;
    await kiosk.insert(medium);
    if (odd > 3 && kiosk.up()) {
      kiosk.drive().setFault({ at: { step: 1 + step, effect } });
      wire.count(`blank medium ${effect}`);
      this.disturbed += 1;
    }
    const order = await this.#order(kiosk);
    for (let look = 0; look < LOOKS && order !== null; look += 1) {
      await time.sleep(2 * SECOND + random.below(10 * SECOND));
      if (odd === 3 && look === pulledAt) {
        wire.count('blank medium taken out early');
        this.disturbed += 1;
        break;
      }
      if (!kiosk.up() || (await this.#isOver(order))) break;
    }
    if (kiosk.inSlot()?.label === medium.label) kiosk.take();
    if (kiosk.up()) kiosk.drive().setFault({});
  }

  async #order(kiosk: TerminalProcess): Promise<EventId | null> {
    const sent = await askOnce(this.#world, (inside) => {
      const mediumId = newId<MediumId>(inside.clock, inside.random);
      return sendCommand(inside, ACTOR, kiosk.id, { kind: 'make_secure_medium', mediumId }, PATIENCE_S);
    });
    return sent?.ok === true ? sent.value.commandId : null;
  }

  async #isOver(commandId: EventId): Promise<boolean> {
    const row = await askOnce(this.#world, ({ db }) => db.stores.commands.find({ commandId }));
    return row !== null && OVER.has(row.state);
  }
}
