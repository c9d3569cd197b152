import { assert } from '#shared/kernel/assert.ts';
import { PROTOCOL_MAJOR, PROTOCOL_MINOR } from '#shared/protocol/version.ts';

export type Json = Readonly<Record<string, unknown>>;

/** The minor version of the sources. */
export const TODAY = PROTOCOL_MINOR;
/** Programs of a world are at most so old; before, the wire itself was another one (mutual TLS, the bundle). */
export const OLDEST = 2;
/** A program that is not written yet: it says more than anybody knows. */
export const TOMORROW = TODAY + 1;

/** Where something is said or written: a topic's channel, a question to the hub or its answer, a kind of event, a table of a terminal's store. */
export type Place =
  | 'up'
  | 'tm'
  | 'st'
  | 'ack'
  | 'cmd'
  | 'cfg'
  | 'hub'
  | `asks ${string}`
  | `answers ${string}`
  | `event ${string}`
  | `row ${string}`;

/** Every field that came with a minor version since the oldest. */
const FIELDS: readonly { readonly minor: number; readonly place: Place; readonly field: string }[] = [
  { minor: 3, place: 'up', field: 'boot' },
  { minor: 3, place: 'asks /returns/open', field: 't0Boot' },
  { minor: 3, place: 'row rt_returns', field: 'boot' },
  { minor: 4, place: 'event rental.held_settled', field: 'licence' },
  { minor: 4, place: 'row rt_returns', field: 'begunElsewhere' },
  { minor: 6, place: 'event medium.lost', field: 'visit' },
  { minor: 6, place: 'event reservation.cancelled', field: 'visit' },
  ...(['sign-in', 'session', 'players/add', 'players/pair', 'players/remove'] as const).map((question) => ({
    ...{ minor: 6, place: `answers /members/${question}` as const, field: 'visit' },
  })),
  { minor: 7, place: 'event return.intent', field: 'proof' },
  { minor: 7, place: 'asks /returns/open', field: 'acceptedBy' },
];
/** Questions to the hub likewise; a hub from before knows no such place. */
const QUESTIONS: Readonly<Partial<Record<string, number>>> = { '/rentals/states': 5 };
/** Tables of terminals’ stores that came later likewise; what came since the last version is that one’s. */
const LATER_TABLES: Readonly<Record<string, number>> = { rt_seen_again: 3, rt_given_up: 6 };
const TABLES_OF_THE_OLDEST = [
  ...['bundle', 'cache_key', 'carried_openings', 'commands', 'config', 'contact', 'content', 'hub_knowledge'],
  ...['kiosk_hold_voids', 'kiosk_known_media', 'kiosk_media', 'kiosk_medium_owners', 'kiosk_members'],
  ...['kiosk_payments', 'kiosk_pin_tries', 'kiosk_rentals', 'locks'],
  ...['rt_challenges', 'rt_owed_voids', 'rt_receipt_chain', 'rt_returns'],
];
/** Every table of a terminal's store, by name, with the minor version since which programs have it. */
export const TABLES: ReadonlyMap<string, number> = new Map([
  ...TABLES_OF_THE_OLDEST.map((name) => [name, OLDEST] as const),
  ...Object.entries(LATER_TABLES),
]);
/** Since this version a batch gives what was noted without the hub's time the offset that its boot knows when it sends it (PR-26). */
const DATES_WHEN_SENDING = 3;

/** What prices are computed from is closed to fields that nobody knows (PR-2); an event in a batch stands as its program noted it. */
const LEFT_ALONE: ReadonlySet<string> = new Set(['tariff', 'calendar', 'data']);

/** A program of another minor version, as everybody around it meets it: what it says and writes, and what it reads of what others say and write. */
export class Version {
  readonly minor: number;
  readonly name: string;

  constructor(minor: number) {
    this.minor = minor;
    this.name = `${PROTOCOL_MAJOR}.${minor}`;
  }

  says(place: Place, message: Json): Json {
    const said = this.minor > TODAY ? (withUnknown(message) as Json) : this.#known(place, message);
    const field = 'protocol' in message ? 'protocol' : 'version';
    return isVersion(said[field]) ? { ...said, [field]: { major: PROTOCOL_MAJOR, minor: this.minor } } : said;
  }

  /** Fields of later versions are left alone. Those of tomorrow are for nobody: today's program leaves them alone itself. */
  hears(place: Place, message: Json): Json {
    const heard = this.#known(place, message);
    if (place !== 'up' || !Array.isArray(heard.events)) return heard;
    return { ...heard, events: heard.events.map((event: unknown) => this.#heardEvent(event)) };
  }

  answers(question: string): boolean {
    return this.minor >= (QUESTIONS[question] ?? 0);
  }

  hasTable(name: string): boolean {
    const since = TABLES.get(name);
    assert(since !== undefined, 'every table says since which version programs have it');
    return this.minor >= since;
  }

  datesWhenSending(): boolean {
    return this.minor >= DATES_WHEN_SENDING;
  }

  #heardEvent(event: unknown): unknown {
    if (!isJson(event) || !isJson(event.data)) return event;
    return { ...event, data: this.#known(`event ${String(event.kind)}`, event.data) };
  }

  #known(place: Place, message: Json): Json {
    const later = FIELDS.filter((each) => each.place === place && each.minor > this.minor);
    if (later.length === 0) return message;
    const names = new Set(later.map(({ field }) => field));
    return Object.fromEntries(Object.entries(message).filter(([name]) => !names.has(name)));
  }
}

/** A field that nobody knows at every level. */
function withUnknown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withUnknown);
  if (!isJson(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    name,
    LEFT_ALONE.has(name) ? inner : withUnknown(inner),
  ]);
  return { ...Object.fromEntries(entries), fieldOfTomorrow: { deep: ['x'] } };
}

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isVersion = (value: unknown): boolean => isJson(value) && 'major' in value && 'minor' in value;
