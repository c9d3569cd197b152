import type { TerminalId } from '#shared/kernel/ids.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Chronicle } from './chronicle.ts';
import type { WorldTime } from './time.ts';

const MINUTE = 60_000;

/** What the lines between terminals and hub do to messages, in thousandths. */
export interface Weather {
  readonly drop: number;
  readonly repeat: number;
  /** Comes after those that were sent later. */
  readonly late: number;
  /** A question's answer is lost on its way back, or the question. */
  readonly lostAnswers: number;
}
export const CALM: Weather = { drop: 0, repeat: 0, late: 0, lostAnswers: 0 };

/** Most are late by moments, some by hours, few by days. */
const LATE_WITHIN = [
  MINUTE,
  MINUTE,
  MINUTE,
  MINUTE,
  MINUTE,
  MINUTE,
  600 * MINUTE,
  7 * 1_440 * MINUTE,
] as const;
const one = <T>(list: readonly T[], random: Random): T => list[random.below(list.length)] as T;

/** The lines of the whole fleet: which are cut, and what each message meets. */
export class Wire {
  readonly #random: Random;
  readonly #chronicle: Chronicle;
  readonly #cut = new Set<TerminalId>();
  readonly #halved = new Map<TerminalId, 'up' | 'down'>();
  readonly #time: WorldTime;
  readonly #arrivals = new Map<string, number>();
  #weather: Weather = CALM;
  /** Faults that really happened, by kind. */
  readonly faults = new Map<string, number>();

  constructor(time: WorldTime, random: Random, chronicle: Chronicle) {
    this.#time = time;
    this.#random = random;
    this.#chronicle = chronicle;
  }

  set weather(weather: Weather) {
    this.#weather = weather;
  }

  cut(terminal: TerminalId, cut: boolean): void {
    if (cut) this.#cut.add(terminal);
    else this.#cut.delete(terminal);
  }

  /** Messages of this terminal go `way` and none the other; null: both ways. */
  halve(terminal: TerminalId, way: 'up' | 'down' | null): void {
    if (way === null) this.#halved.delete(terminal);
    else this.#halved.set(terminal, way);
  }

  /** Whether what the broker has for this terminal comes to it. */
  hears(terminal: TerminalId): boolean {
    return this.open(terminal) && this.#halved.get(terminal) !== 'up';
  }

  mendAll(): void {
    this.#cut.clear();
    this.#halved.clear();
    this.#weather = CALM;
  }

  open(terminal: TerminalId): boolean {
    return !this.#cut.has(terminal);
  }

  latency(): number {
    return 5 + this.#random.below(60);
  }

  /** As `latency`, but nothing on this line arrives before what was sent before it: a connection keeps its order. */
  inOrder(line: string): number {
    const now = this.#time.now();
    const arrives = Math.max(now + this.latency(), this.#arrivals.get(line) ?? 0);
    this.#arrivals.set(line, arrives);
    return arrives - now;
  }

  /** When a message of this terminal arrives at the hub: never, once, or more often. */
  up(terminal: TerminalId): readonly number[] {
    if (this.#halved.get(terminal) === 'down') return [];
    return this.#delays(`up ${terminal}`);
  }

  down(topic: string): readonly number[] {
    return this.#delays(`down ${topic}`);
  }

  /** What becomes of a question: nobody hears it, nobody hears the answer, or all is well. */
  question(): 'lost' | 'answer-lost' | 'fine' {
    if (!this.#chance(this.#weather.lostAnswers)) return 'fine';
    const outcome = this.#random.below(2) === 0 ? 'lost' : 'answer-lost';
    this.count(`question ${outcome}`);
    return outcome;
  }

  count(kind: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
  }

  #delays(what: string): readonly number[] {
    const { drop, repeat, late } = this.#weather;
    if (this.#chance(drop)) {
      this.count('message dropped');
      this.#chronicle.note('wire', `dropped ${what}`);
      return [];
    }
    const delays = [this.inOrder(what)];
    if (this.#chance(late)) {
      this.count('message late');
      delays[0] = this.#random.below(one(LATE_WITHIN, this.#random));
    }
    if (this.#chance(repeat)) {
      this.count('message repeated');
      delays.push(this.latency() + this.#random.below(30 * MINUTE));
    }
    return delays;
  }

  #chance(perMille: number): boolean {
    return perMille > 0 && this.#random.below(1000) < perMille;
  }
}
