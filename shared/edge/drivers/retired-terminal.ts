import { assert } from '#shared/kernel/assert.ts';
import { type Fault, fault, ok, type Result } from '#shared/kernel/result.ts';
import { parseCertificate, validity } from '#shared/media/certificate.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { backOff } from '../back-off.ts';
import { createHubClient, type HubClient } from '../hub-client.ts';
import { createRetiredScreen } from '../retired-screen.ts';
import { type HttpListener, listenHttp } from './http-listener.ts';
import { hubTransport } from './hub-transport.ts';
import type { StoredIdentity } from './identity-files.ts';
import { comesBack, type Left, readLeft, writeLeft } from './left-file.ts';
import { systemClock } from './system-clock.ts';
import { systemLog } from './system-log.ts';
import { systemRandom } from './system-random.ts';
import { openTerminalSeal, type TerminalPartsOptions } from './terminal-parts.ts';
import { identityIn, type WipeDisk, type WipeJob, wipeHome, wipeKey } from './wipe.ts';

export interface RetiredOptions extends TerminalPartsOptions {
  readonly port: number;
  readonly otherOrigins?: readonly string[];
  /** Staff gave this terminal a new code, and its former life is over: the program starts anew. */
  readonly restart: () => void;
  readonly disk?: WipeDisk;
}

/** What a terminal is from the hub's yes on (FLT-3): it wipes itself, hands in its receipt, and shows that it is out of service. */
export interface RetiredTerminal {
  /** Wipes, then serves the page and hands in the receipt until the hub answers. Throws where the disk or the port refuses. */
  start(): Promise<void>;
  stop(): Promise<void>;
  address(): string;
  /** True once the hub has answered and the key is gone. */
  over(): boolean;
}

/** Answers after which there is nobody to hand anything in to: the certificate is worth nothing any more. */
const OUT = new Set([
  'terminal_revoked',
  'terminal_unknown',
  'certificate_superseded',
  'certificate_expired',
]);

/**
 * The terminal behind `decommissioned` (`openTerminalParts`): the same whether it left just now, was cut off at any step, or starts years later. Faults:
 * `left_file_damaged`, `device_secret_unreadable`.
 */
export function openRetired(options: RetiredOptions): Result<RetiredTerminal, Fault> {
  const { home, port } = options;
  const read = readLeft(home);
  if (read === 'unreadable')
    return fault('left_file_damaged', 'whether this terminal has left the fleet cannot be read');
  assert(read !== null, 'the terminal has left the fleet');
  const seal = openTerminalSeal(home, options.deviceSecret);
  if (!seal.ok) return seal;
  const clock = options.clock ?? systemClock;
  const { log } = systemLog(options.role, options.logLevel);
  const spare = options.deviceSecret?.file ?? null;
  const { disk } = options;
  const job: WipeJob = { home, seal: seal.value, clock, spare, ...(disk === undefined ? {} : { disk }) };
  const stopping = new AbortController();
  let left: Left = read;
  let handing: Promise<void> = Promise.resolve();
  let listener: HttpListener | null = null;

  const over = (): void => {
    left = { ...left, over: true };
    (disk?.write ?? writeLeft)(home, left);
    wipeKey(job);
    log.warn({ terminal: left.terminalId }, 'out of the fleet: wiped, and the key is gone');
    if (comesBack(left, options.enrolmentCode)) options.restart();
  };
  const handIn = async (receipt: string, identity: StoredIdentity): Promise<void> => {
    const hub = hubOf(options, identity, clock);
    for (let tries = 0; !stopping.signal.aborted; tries += 1) {
      const answered = await hub.handInWipe({ receipt });
      if (stopping.signal.aborted) return;
      if (answered.ok || OUT.has(answered.error.code) || ended(identity, clock)) return over();
      log.warn({ code: answered.error.code }, 'the wipe receipt is not handed in yet');
      const wait = backOff(tries, options.random ?? systemRandom, 2_000, 300_000);
      await clock.sleep(wait, stopping.signal);
    }
  };
  return ok({
    over: () => left.over,
    address: () => {
      assert(listener !== null, 'a retired terminal has an address once it is started');
      return `http://127.0.0.1:${listener.port}`;
    },
    start: async () => {
      left = await wipeHome(job, left);
      const screen = createRetiredScreen({
        terminalId: left.terminalId,
        over: () => left.over,
        otherOrigins: options.otherOrigins ?? [],
      });
      const listening = await listenHttp(screen, port);
      if (!listening.ok) throw new Error(`${listening.error.code}: ${listening.error.message}`);
      listener = listening.value;
      const identity = identityIn(job);
      if (left.over || left.receipt === null || identity === null) over();
      else
        handing = handIn(left.receipt, identity).catch((error: unknown) =>
          log.error({ error: String(error) }, 'the wipe receipt could not be handed in'),
        );
    },
    stop: async () => {
      stopping.abort();
      await listener?.close();
      listener = null;
      await handing;
    },
  });
}

function hubOf(
  options: RetiredOptions,
  identity: StoredIdentity,
  clock: Clock,
): Pick<HubClient, 'handInWipe'> {
  const transport = hubTransport({ trust: identity.trust, clock, identity: () => identity.tls });
  const wired = options.cable?.transport(transport) ?? transport;
  return createHubClient({ transport: wired, hubUrl: options.hubUrl });
}

function ended(identity: StoredIdentity, clock: Pick<Clock, 'now'>): boolean {
  const own = parseCertificate(identity.signer.certificateChain[0] ?? new Uint8Array());
  return own === null || clock.now() >= validity(own).to;
}
