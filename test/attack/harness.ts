import {
  type Attack,
  type AttackResult,
  type BrokerKind,
  type Target,
  type Trace,
  WEARS,
} from './contract.ts';
import { THREATS, type Threat, threatOf } from './threats.ts';
import { markTraces, missingTraces, type TracePlaces } from './traces.ts';

/** A target with the places where attacks on it leave their traces. */
export interface Range {
  readonly target: Target;
  readonly traces: TracePlaces;
  /** Everything at rest again, for the next attack. */
  tidy(): Promise<void>;
}

export interface Verdict {
  readonly attack: Attack;
  readonly broker: BrokerKind;
  readonly ok: boolean;
  readonly line: string;
}

const PATIENCE_MS = 15_000;
const LOOK_MS = 50;

/** Runs one attack and judges it: by its outcome, and by the trace that it must have left. Never throws. */
export async function runAttack(attack: Attack, range: Range, patienceMs = PATIENCE_MS): Promise<Verdict> {
  const { target } = range;
  const judged = await judge(attack, range, patienceMs).catch((error: unknown) => ({
    ok: false,
    words: `BROKEN · ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  }));
  // A fleet without its terminal is thrown away.
  const tidied =
    attack.wears === 'terminal'
      ? null
      : await range.tidy().then(
          () => null,
          (error: unknown) => `NOT TIDY afterwards · ${String(error)}`,
        );
  const words = tidied === null ? judged.words : `${judged.words} · ${tidied}`;
  const line = `${target.broker.padEnd(9)}  ${attack.rule.padEnd(6)} ${attack.id.padEnd(38)}  ${words}`;
  return { attack, broker: target.broker, ok: judged.ok && tidied === null, line };
}

async function judge(attack: Attack, { target, traces }: Range, patienceMs: number) {
  const threat = threatOf(attack.threat);
  if (attack.expect === 'detected' && !threat.approximate)
    return { ok: false, words: `BROKEN · the table wants "${threat.words}" refused, the row only detected` };
  const mark = await markTraces(traces);
  const result = await attack.run(target);
  const held =
    result.outcome === 'refused' || (result.outcome === 'detected' && attack.expect === 'detected');
  if (!held) {
    const how = result.outcome === 'detected' ? 'only detected' : 'neither refused nor detected';
    return { ok: false, words: `GOT THROUGH (${how}) · ${result.evidence}` };
  }
  const missing = await waitForTraces(() => missingTraces(traces, mark, result.trace), patienceMs);
  return missing.length === 0
    ? { ok: true, words: `ok ${result.outcome} · trace ${named(result.trace)} · ${result.evidence}` }
    : { ok: false, words: `NO TRACE: ${missing.join(', ')} · ${described(result)}` };
}

async function waitForTraces(
  look: () => Promise<readonly string[]>,
  patienceMs: number,
): Promise<readonly string[]> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const missing = await look();
    if (missing.length === 0 || performance.now() >= until) return missing;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

const named = ({ alert, alsoAlert, audit, playerLog }: Trace): string =>
  [alert, alsoAlert, audit, playerLog].filter((one) => one !== undefined).join(' + ');
const described = ({ outcome, evidence }: AttackResult): string => `${outcome} · ${evidence}`;

/** Threats that no attack is written for: each fails the run. */
export const threatsWithoutAttack = (attacks: readonly Attack[]): readonly Threat[] =>
  THREATS.filter(({ id }) => !attacks.some(({ threat }) => threat === id));

/** Attacks whose ids are given twice, and one that a broker would run twice: mistakes of the rows. */
export const duplicateIds = (attacks: readonly Attack[]): readonly string[] =>
  attacks.map(({ id }) => id).filter((id, at, all) => all.indexOf(id) !== at);

/** The attacks for a broker: `once` runs where the embedded parts are. */
export const attacksOn = (broker: BrokerKind, attacks: readonly Attack[]): readonly Attack[] =>
  attacks.filter(({ on, wears }) =>
    broker === 'aedes' ? true : on === 'every-broker' && wears === undefined,
  );

/** Attacks that leave their fleet as it was, and those that do not, in the order in which one fleet bears them. */
export const byWear = <T>(
  all: readonly T[],
  wearOf: (one: T) => Attack['wears'],
): { readonly lasting: readonly T[]; readonly wearing: readonly T[] } => ({
  lasting: all.filter((one) => wearOf(one) === undefined),
  wearing: WEARS.flatMap((wear) => all.filter((one) => wearOf(one) === wear)),
});
