import { volatileMemory } from '#firmware-sim/media/controller/memory.ts';
import type { ControllerChip } from '#firmware-sim/media/controller/secure-controller.ts';
import { controllerChip } from '#firmware-sim/media/controller/secure-controller.ts';
import { folderMedium, withChip } from '#firmware-sim/media/medium-backing.ts';
import { ok } from '#shared/kernel/result.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { FRAME, refusal } from '#shared/media/controller/channel.ts';
import { acceptReturn, destroySlot } from '#shared/media/destroy-copy.ts';
import type { AcceptedReturn } from '#shared/media/orders.ts';
import { type Receipt, receiptSchema } from '#shared/media/receipt.ts';
import { signJws } from '#shared/media/signing.ts';
import { offlineChallenge } from '#shared/media/slot-proof.ts';
import type { SecureController } from '#shared/ports/media-drive.ts';
import type { Attack, Target } from '#test/attack/contract.ts';
import {
  atKiosk,
  atPlayer,
  atReturnTerminal,
  clonedStick,
  type RentedStick,
  rentedStick,
} from '#test/attack/support/media.ts';
import { lastReceipt } from '#test/attack/support/stolen-terminal.ts';
import { anAccept, type Bench, bench, memoryRecords } from '#test/support/media-story.ts';
import { enrol, foundFleet } from '#test/support/test-fleet.ts';

interface SecureStick extends RentedStick {
  readonly chip: ControllerChip;
}

async function secureStick(target: Target): Promise<SecureStick> {
  let chip: ControllerChip | null = null;
  const stick = await rentedStick(target, async (name) => {
    chip = await target.fleet.own.makeSecure(name);
  });
  if (chip === null) throw new Error('no controller was made');
  return { ...stick, chip };
}

const held = async ({ chip, copyId }: SecureStick): Promise<boolean> =>
  (await chip.inside()).some((slot) => slot.copyId === copyId && slot.state === 'key');

export const secureFilesCopied: Attack = {
  id: 'slot-copied-secure',
  threat: 'slot-copied',
  rule: 'SEC-5',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const clone = await clonedStick(target, await secureStick(target));
    const kiosk = await atKiosk(target, clone.stick);
    await target.fleet.tidy();
    const player = await atPlayer(target, clone.stick, clone.copyId);
    return {
      outcome: kiosk === 'taken' || player === 'taken' ? 'got-through' : 'refused',
      evidence: `all files of a secure medium on a plain stick · kiosk: ${kiosk} · player: ${player}`,
      trace: { alert: 'security_medium_counterfeit', subject: target.identities.kiosk.terminalId },
    };
  },
};

export const counterfeitController: Attack = {
  id: 'slot-copied-counterfeit-controller',
  threat: 'slot-copied',
  rule: 'SEC-5',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const genuine = await secureStick(target);
    const clone = await clonedStick(target, genuine);
    // A chip that answers every question, and that another authority certified for this very medium.
    // In force as long as the attacked fleet: nothing but who certified it speaks against this chip.
    const founded = target.fleet.own.clock.now();
    const signer = await enrol(await foundFleet(founded), genuine.chip.mediumId, 'medium');
    const { trust } = target.identities.kiosk;
    const chip = controllerChip({ signer, trust, memory: volatileMemory() });
    const medium = withChip(folderMedium(clone.stick, clone.folder), chip);
    const terminal = await atReturnTerminal(target, medium);
    await target.fleet.tidy();
    const player = await atPlayer(target, medium, clone.copyId);
    return {
      outcome: terminal === 'taken' || player === 'taken' ? 'got-through' : 'refused',
      evidence: `a controller that another authority certified · return terminal: ${terminal} · player: ${player}`,
      trace: {
        alert: 'security_medium_counterfeit',
        subject: target.identities['return-terminal'].terminalId,
      },
    };
  },
};

interface Answer {
  /** First byte of the question: its kind. */
  readonly to: number;
  readonly bytes: Uint8Array;
}

/**
 * Talk after talk as it was heard: each greeting begins the next one (the last one again and again), and in it a question is answered by what was
 * answered to one of its kind. So it does not matter who asks when: the player's page and the player itself ask at the same time.
 */
function sayAgain(answers: readonly Answer[]): SecureController {
  const talks = answers.reduce<Answer[][]>((all, answer) => {
    if (answer.to === FRAME.hello) all.push([]);
    all.at(-1)?.push(answer);
    return all;
  }, []);
  let talk: Answer[] = [];
  return {
    transceive: async (message) => {
      if (message[0] === FRAME.hello) talk = [...((talks.length > 1 ? talks.shift() : talks[0]) ?? [])];
      const at = talk.findIndex(({ to }) => to === message[0]);
      const [said] = at < 0 ? [] : talk.splice(at, 1);
      return ok(said?.bytes ?? refusal('no_session'));
    },
  };
}

export const controllerReplayed: Attack = {
  id: 'slot-copied-controller-replayed',
  threat: 'slot-copied',
  rule: 'SEC-5',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const stick = await secureStick(target);
    const answers: Answer[] = [];
    const plain = folderMedium(stick.stick, stick.folder);
    // A drive that keeps what the controller answered while the player read the key …
    const tapped: ControllerChip = {
      ...stick.chip,
      powerOn: (through) => {
        const inner = stick.chip.powerOn(through);
        return {
          transceive: async (message) => {
            const answered = await inner.transceive(message);
            if (answered.ok) answers.push({ to: message[0] ?? 0, bytes: Uint8Array.from(answered.value) });
            return answered;
          },
        };
      },
    };
    const heard = await atPlayer(target, withChip(plain, tapped), stick.copyId);
    if (heard !== 'taken' || answers.length < 3) throw new Error(`nothing to replay: ${heard}`);
    // … and says it all again without the medium, to each question what was answered to one of its kind.
    const parrot: ControllerChip = { ...stick.chip, powerOn: () => sayAgain(answers) };
    const medium = withChip(folderMedium(`${stick.stick}-parrot`, stick.folder), parrot);
    const player = await atPlayer(target, medium, stick.copyId);
    const secret = answers.some(({ bytes }) => Buffer.from(bytes).includes('AGE-SECRET-KEY'));
    return {
      outcome: player === 'taken' || secret ? 'got-through' : 'refused',
      evidence: `${answers.length} answers of a controller said again · player: ${player} · key seen by the drive: ${secret ? 'yes' : 'no'}`,
      trace: { playerLog: 'medium_foreign' },
    };
  },
};

/** The stolen return terminal takes the medium as it should, up to the deletion. */
async function takes(target: Target, stick: SecureStick, round: number) {
  const { signer, trust } = target.identities['return-terminal'];
  const at = epochMs(target.fleet.own.clock.now());
  const stage = bench(trust, signer, `liar ${stick.stick} ${round}`, at);
  await stage.drive.insert(withChip(folderMedium(stick.stick, stick.folder), stick.chip));
  const challenge = offlineChallenge(signer.id, 1_000_000_000 + (at % 1_000_000) * 10 + round);
  const input = anAccept(stage.random, stick.copyId, { challenge: async () => challenge });
  const accepted = await acceptReturn(stage.deps, input);
  if (accepted.kind !== 'accepted') throw new Error(JSON.stringify(accepted));
  return { stage, accepted: accepted.accepted };
}

/** Reports the return through the stolen terminal's own outbox, with a receipt that its key signed. */
async function reports(
  target: Target,
  { stage, accepted }: { readonly stage: Bench; readonly accepted: AcceptedReturn },
  purge: string | null,
): Promise<void> {
  const { runtime } = target.fleet.own.returnTerminal;
  const { signer } = target.identities['return-terminal'];
  const destroyedAt = epochMs(stage.clock.now() + 1000);
  const head = await lastReceipt(target);
  const { returnId, rentalId, copyId, mediumId, t0, proof, licenceJws } = accepted;
  const receipt: Receipt = receiptSchema.parse({
    version: 1,
    ...{ returnId, rentalId, copyId, mediumId, t0, destroyedAt, proof },
    terminal: signer.id,
    acceptedBy: signer.id,
    claim: 'PURGE',
    readBack: 'power-cycle',
    counter: head.counter + 1,
    previous: head.previous,
    nonceOrigin: 'offline',
    ...(purge === null ? {} : { purge }),
  });
  const jws = await signJws('keyturn-receipt', receipt, signer, destroyedAt);
  runtime.record((tx) =>
    tx.emit({
      kind: 'return.destroyed',
      data: {
        ...{ returnId, rentalId, copyId, t0, destroyedAt },
        licence: licenceJws,
        receipt: jws,
        proof: { ...proof, chunkHashes: [...proof.chunkHashes] },
        quote: null,
        provisional: null,
        parts: [],
        due: { minor: 0, currency: 'EUR' },
        offlineSince: null,
      },
    }),
  );
  await target.fleet.settled();
}

const lie = (id: string, statementOf: (target: Target) => Promise<string | null>): Attack => ({
  id,
  threat: 'deletion-lied',
  rule: 'SEC-5',
  on: 'once',
  expect: 'refused',
  async run(target) {
    const stick = await secureStick(target);
    const taken = await takes(target, stick, 1);
    await reports(target, taken, await statementOf(target));
    const { stores } = target.fleet.own.hub.inside().db;
    const rental = await stores.rentals.find({ rentalId: taken.accepted.rentalId });
    const believed = rental?.status === 'closed';
    return {
      outcome: believed || !(await held(stick)) ? 'got-through' : 'refused',
      evidence: `key still in the controller, receipt claims PURGE · rental at the hub: ${rental?.status}`,
      trace: {
        alert: 'security_purge_false',
        subject: target.identities['return-terminal'].terminalId,
      },
    };
  },
});

export const purgeWithoutStatement = lie('deletion-lied-no-statement', async () => null);
export const purgeWithOldStatement = lie('deletion-lied-old-statement', async (target) => {
  const other = await secureStick(target);
  const taken = await takes(target, other, 2);
  const records = memoryRecords();
  const done = await destroySlot(taken.stage.deps, { accepted: taken.accepted, intents: records });
  if (done.kind !== 'destroyed') throw new Error(JSON.stringify(done));
  const payload = Buffer.from(done.receiptJws.split('.')[1] ?? '', 'base64url').toString('utf8');
  return receiptSchema.parse(JSON.parse(payload)).purge ?? null;
});
