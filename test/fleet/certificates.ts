import { makeEnrolmentCode } from '#hub/app/enrolment/codes.ts';
import { enrol } from '#hub/app/enrolment/enrolment.ts';
import { assert } from '#shared/kernel/assert.ts';
import type { Random } from '#shared/ports/random.ts';
import type { TerminalProcess } from './world/terminal-process.ts';
import type { World } from './world/world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ANSWERED_WITHIN = 5 * MINUTE;

/** What happens to certificates in the days of a world: one ends while its terminal is cut off, and a key of the fleet gets a successor. The others are renewed where they stand. */
export async function tryCertificates(
  world: World,
  random: Random,
  happened: (kind: string, what?: string) => void,
): Promise<void> {
  const { aging } = world;
  if (aging === null) return;
  await Promise.all([endOffline(world, random, happened), rotate(world, random, happened)]);
}

async function endOffline(
  world: World,
  random: Random,
  happened: (kind: string, what?: string) => void,
): Promise<void> {
  const { time, wire, broker, terminals, aging } = world;
  const terminal = terminals.find(({ id }) => id === aging?.ends);
  assert(terminal !== undefined, 'the terminal of that certificate is there');
  const { id, papers } = terminal;
  const { from, to } = papers.validity();
  const [before, after, staffCome] = [
    random.below(30 * MINUTE),
    random.below(6 * HOUR),
    random.below(3 * HOUR),
  ];
  await time.sleep(from + ((to - from) * 2) / 3 - before - time.now());
  happened('line cut', id);
  wire.cut(id, true);
  broker.lineCut(id);
  await time.sleep(to + after - time.now());
  wire.cut(id, false);
  // Somebody else mended its line meanwhile: it was renewed in time.
  if (!papers.expired(time.now())) return;
  happened('certificate ended', id);
  await time.sleep(staffCome);
  if (papers.expired(time.now())) await enrolAgain(world, terminal);
}

async function rotate(
  world: World,
  random: Random,
  happened: (kind: string, what?: string) => void,
): Promise<void> {
  const role = random.below(2) === 0 ? 'hub-signing' : 'issuing';
  await world.time.sleep(random.below(40 * HOUR));
  await world.hub.rotate(role);
  happened('fleet key rotated', role);
}

/** What staff do with a terminal whose certificate has ended: a new code, a new key; its store stays (DESIGN §5). */
export async function enrolAgain(world: World, terminal: TerminalProcess): Promise<void> {
  const { time, hub, secondHub, wire } = world;
  const { id, device, papers } = terminal;
  const key = papers.freshKey();
  const ask = async (): Promise<readonly string[] | null> => {
    const serving = [hub, secondHub].find((one) => one.awake());
    if (serving === undefined) return null;
    const inside = serving.inside();
    const { role } = device;
    const place = {
      terminalId: id,
      role,
      siteId: papers.identity.siteId,
      name: id,
      approvedBeforehand: true,
    };
    const made = await makeEnrolmentCode(inside, place, true);
    if (!made.ok) return null;
    const request = { certificateRequest: key.csrPem, software: 'keyturn-sim', hardwareSerial: '' };
    const enrolled = await enrol(inside, { code: made.value.code, ...request });
    return enrolled.ok && enrolled.value.state === 'granted' ? enrolled.value.certificateChain : null;
  };
  for (;;) {
    const late = time.sleep(ANSWERED_WITHIN).then(() => null);
    const chain = await Promise.race([ask().catch(() => null), late]);
    if (chain === null) {
      await time.sleep(ANSWERED_WITHIN);
      continue;
    }
    terminal.cutPower();
    papers.become(key, chain);
    wire.count('terminal enrolled again');
    world.chronicle.note(id, 'is enrolled again');
    if (!terminal.up()) await terminal.start();
    return;
  }
}
