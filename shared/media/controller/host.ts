import { constants, createPrivateKey, sign, verify } from 'node:crypto';
import type { MediumId } from '#shared/kernel/ids.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import type { EpochMs } from '#shared/kernel/time.ts';
import type { DriveFault, SecureController } from '#shared/ports/media-drive.ts';
import type { Signer } from '#shared/ports/signer.ts';
import { sha256Hex } from '../certificate.ts';
import type { PlayerSigningKey } from '../player-key.ts';
import { type FleetTrust, verifyDevice } from '../signing.ts';
import {
  CHANNEL_VERSION,
  type ChannelRefusal,
  type Directions,
  directions,
  ephemeral,
  type FrameKind,
  frame,
  HELLO_BYTES,
  packFields,
  readFrame,
  refusalOf,
  signedText,
  transcript,
  unpackFields,
} from './channel.ts';
import { type Answer, type CallerIdentity, type Command, decodeAnswer, encodeMessage } from './messages.ts';

/** Who speaks to the controller, with the means to prove it. */
export type Caller =
  | { readonly as: 'nobody' }
  | { readonly as: 'terminal'; readonly signer: Signer; readonly at: EpochMs }
  | { readonly as: 'player'; readonly key: PlayerSigningKey };

/**
 * `medium_counterfeit`: what answers has no certificate of this fleet for a medium, or does not hold its key. `controller_failed`: it is
 * one, and the talk broke off (noise, a replay, a controller that lost its session).
 */
export type ControllerFault = DriveFault | Fault<'medium_counterfeit' | 'controller_failed'>;

interface Session {
  readonly mediumId: MediumId;
  readonly caller: string;
  readonly traffic: Directions;
}

/** One line per controller: questions of several callers never mix, and a session serves until another caller needs one. */
interface Line {
  session: Session | null;
  busy: Promise<unknown>;
}
const lines = new WeakMap<SecureController, Line>();

function lineOf(controller: SecureController): Line {
  const known = lines.get(controller);
  if (known !== undefined) return known;
  const made: Line = { session: null, busy: Promise.resolve() };
  lines.set(controller, made);
  return made;
}

/** Says who the controller is: the medium's id in its certificate, proven by its signature over a fresh handshake (MS-21). */
export async function controllerId(
  controller: SecureController,
  trust: FleetTrust,
): Promise<Result<MediumId, ControllerFault>> {
  return inTurn(controller, async (line) => {
    const session = await sessionFor(line, controller, trust, { as: 'nobody' });
    return session.ok ? ok(session.value.mediumId) : session;
  });
}

/** One command and its answer, in a session with this caller; a session that the controller lost meanwhile is made anew once. */
export function askController(
  controller: SecureController,
  trust: FleetTrust,
  caller: Caller,
  command: Command,
): Promise<Result<{ readonly answer: Answer; readonly mediumId: MediumId }, ControllerFault>> {
  return inTurn(controller, async (line) => {
    for (const last of [false, true]) {
      const session = await sessionFor(line, controller, trust, caller);
      if (!session.ok) return session;
      const answered = await exchange(controller, session.value, command);
      if (answered.ok && answered.value !== 'no_session')
        return ok({ answer: answered.value, mediumId: session.value.mediumId });
      line.session = null;
      if (!answered.ok) return answered;
      if (last) break;
    }
    return fault('controller_failed', 'the controller keeps losing its session');
  });
}

function inTurn<T>(controller: SecureController, work: (line: Line) => Promise<T>): Promise<T> {
  const line = lineOf(controller);
  const turn = line.busy.then(() => work(line));
  line.busy = turn.catch(() => undefined);
  return turn;
}

const nameOf = (trust: FleetTrust, caller: Caller): string => {
  const certificate = caller.as === 'terminal' ? caller.signer.certificateChain[0] : undefined;
  const who = certificate !== undefined ? sha256Hex(certificate) : caller.as === 'player' ? caller.key.x : '';
  return `${trust.fleetId} ${caller.as} ${who}`;
};

async function sessionFor(
  line: Line,
  controller: SecureController,
  trust: FleetTrust,
  caller: Caller,
): Promise<Result<Session, ControllerFault>> {
  const name = nameOf(trust, caller);
  if (line.session?.caller === name) return ok(line.session);
  line.session = null;
  const opened = await handshake(controller, trust, caller);
  if (!opened.ok) return opened;
  line.session = { ...opened.value, caller: name };
  return ok(line.session);
}

async function exchange(
  controller: SecureController,
  session: Session,
  command: Command,
): Promise<Result<Answer | 'no_session', ControllerFault>> {
  const sealed = session.traffic.fromHost.seal('record', encodeMessage(command));
  const reply = await send(controller, 'record', sealed);
  if (!reply.ok) return reply;
  if ('refused' in reply.value)
    return reply.value.refused === 'no_session'
      ? ok('no_session')
      : fault('controller_failed', `the controller refused the message: ${reply.value.refused}`);
  const text = session.traffic.fromController.open('record', reply.value.body);
  const answer = text === null ? null : decodeAnswer(text);
  return answer === null ? fault('controller_failed', 'the answer is not the controller’s') : ok(answer);
}

type Reply = { readonly body: Uint8Array } | { readonly refused: ChannelRefusal };

async function send(
  controller: SecureController,
  kind: FrameKind,
  body: Uint8Array,
): Promise<Result<Reply, ControllerFault>> {
  const answered = await controller.transceive(frame(kind, body));
  if (!answered.ok) return answered;
  const read = readFrame(answered.value);
  if (read?.kind === 'refused') return ok({ refused: refusalOf(read.body) });
  return read?.kind === kind
    ? ok({ body: read.body })
    : fault('controller_failed', 'no answer of a controller');
}

async function handshake(
  controller: SecureController,
  trust: FleetTrust,
  caller: Caller,
): Promise<Result<Omit<Session, 'caller'>, ControllerFault>> {
  const own = ephemeral();
  const hello = Buffer.concat([Uint8Array.of(CHANNEL_VERSION), own.publicKey]);
  const greeted = await send(controller, 'hello', hello);
  if (!greeted.ok) return greeted;
  if ('refused' in greeted.value) return fault('controller_failed', 'the controller refused the greeting');
  const { body } = greeted.value;
  const theirs = body.subarray(0, HELLO_BYTES - 1);
  const secret = own.agree(theirs.subarray(1));
  if (secret === null) return fault('medium_counterfeit', 'no key agreement with this controller');
  const greeting = transcript(hello, theirs);
  const veiled = directions(secret, greeting, 'handshake');
  const sealed = body.subarray(HELLO_BYTES - 1);
  const known = readController(veiled.fromController.open('hello', sealed), greeting, trust);
  if (!known.ok) return known;
  const introduced = transcript(greeting, sealed);
  const identity = await introduce(caller, introduced);
  const shown = veiled.fromHost.seal('identify', identity);
  const accepted = await send(controller, 'identify', shown);
  if (!accepted.ok) return accepted;
  if ('refused' in accepted.value)
    return fault('controller_failed', `the controller refused the caller: ${accepted.value.refused}`);
  const traffic = directions(secret, transcript(introduced, shown), 'traffic');
  return traffic.fromController.open('identify', accepted.value.body) === null
    ? fault('controller_failed', 'the controller did not confirm the session')
    : ok({ mediumId: known.value, traffic });
}

/** The controller's chain and signature; only a certificate of this fleet for a medium counts (MS-21). */
function readController(
  text: Uint8Array | null,
  greeting: Uint8Array,
  trust: FleetTrust,
): Result<MediumId, Fault<'medium_counterfeit'>> {
  const fields = text === null ? null : unpackFields(text, 3);
  if (fields === null) return fault('medium_counterfeit', 'the controller shows no certificate');
  const [own, issuing, signature] = fields as [Uint8Array, Uint8Array, Uint8Array];
  const device = verifyDevice([own, issuing], trust, null);
  if (!device.ok) return fault('medium_counterfeit', `the controller: ${device.error.message}`);
  if (device.value.role !== 'medium')
    return fault('medium_counterfeit', 'the certificate is not a controller’s');
  const signed = signedText('controller', greeting, packFields([own, issuing]));
  const key = { key: device.value.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  return verify('sha256', signed, key, signature)
    ? ok(device.value.id as MediumId)
    : fault('medium_counterfeit', 'the controller does not hold the key of its certificate');
}

/** The caller's identity and its signature over everything said before. */
async function introduce(caller: Caller, said: Uint8Array): Promise<Uint8Array> {
  const identity = encodeMessage(identityOf(caller));
  const text = signedText('host', said, identity);
  return packFields([identity, await signatureOf(caller, text)]);
}

function identityOf(caller: Caller): CallerIdentity {
  switch (caller.as) {
    case 'nobody':
      return { as: 'nobody' };
    case 'player':
      return { as: 'player', key: caller.key.x };
    case 'terminal': {
      const chain = caller.signer.certificateChain.map((der) => Buffer.from(der).toString('base64url'));
      return { as: 'terminal', at: caller.at, chain };
    }
  }
}

async function signatureOf(caller: Caller, text: Uint8Array): Promise<Uint8Array> {
  if (caller.as === 'nobody') return new Uint8Array(0);
  if (caller.as === 'terminal') return caller.signer.sign(text);
  return sign(null, text, createPrivateKey({ key: { ...caller.key }, format: 'jwk' }));
}
