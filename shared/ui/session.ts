/**
 * The page's side of a session (DESIGN §7): snapshots come in as server-sent events, intents go out by POST. The page keeps nothing
 * itself, so that a reload changes nothing. Follows Svelte's store contract: `$session` works in components.
 */
export interface SessionState<Snapshot> {
  /** Null while nobody says what to show: before the first one, and as soon as the terminal's own process is away (SCR-7). */
  readonly snapshot: Snapshot | null;
  /** `waiting` before the first snapshot, `live`, `lost` while the terminal's own process does not answer. */
  readonly link: 'waiting' | 'live' | 'lost';
}

export interface Session<Snapshot, Intent> {
  subscribe(listener: (state: SessionState<Snapshot>) => void): () => void;
  /**
   * Intents arrive in the order in which they were sent: a browser has several connections, and what came later might overtake.
   * Answers the refusal's stable code, or null when the intent was taken. `link_lost` when the process did not answer.
   */
  send(intent: Intent): Promise<string | null>;
  close(): void;
}

/** The browser as far as a session needs it; given by the page (`terminal-page.ts`). */
export interface SessionOptions {
  /** Where the terminal serves, e.g. `.`: `<address>/session/events`, `<address>/session/intents`, `<address>/alive`. */
  readonly address: string;
  readonly after: (milliseconds: number, callback: () => void) => void;
  readonly events: (address: string) => EventSource;
  readonly fetch: typeof fetch;
  /** Loads the page anew: another page is served now, or the process is back and may be another version. */
  readonly reload: () => void;
}

const RETRY_MS = 1500;
/** How often the page asks whether the process still answers: one that hangs keeps its connections open. */
const ASK_MS = 20_000;
const PATIENCE_MS = 8000;

/** Opens the live session. Reconnects for ever: a kiosk's page is never closed by hand. */
export function createSession<Snapshot, Intent>(options: SessionOptions): Session<Snapshot, Intent> {
  let state: SessionState<Snapshot> = { snapshot: null, link: 'waiting' };
  let source: EventSource | null = null;
  let closed = false;
  const listeners = new Set<(state: SessionState<Snapshot>) => void>();
  const publish = (next: SessionState<Snapshot>): void => {
    state = next;
    for (const listener of listeners) listener(state);
  };
  // Nothing of a customer waits on a screen for a process that may have forgotten him.
  const lose = (): void => {
    if (state.link === 'live') publish({ snapshot: null, link: 'lost' });
  };
  const open = (): void => {
    if (closed) return;
    const opened = options.events(`${options.address}/session/events`);
    source = opened;
    opened.addEventListener('snapshot', (message: MessageEvent<string>) => {
      if (state.link === 'lost') return options.reload();
      publish({ snapshot: JSON.parse(message.data) as Snapshot, link: 'live' });
    });
    // The terminal has left the fleet (FLT-3): what it serves now is another page.
    opened.addEventListener('retired', options.reload);
    opened.onerror = () => {
      if (source !== opened) return;
      lose();
      // The browser tries again by itself unless the server answered with an error: then it gives up for good.
      if (opened.readyState === CLOSED) again(opened);
    };
  };
  const again = (old: EventSource): void => {
    old.close();
    source = null;
    options.after(RETRY_MS, open);
  };
  const ask = async (): Promise<void> => {
    if (closed) return;
    const asked = source;
    const alive = await answers(options);
    if (!alive && asked !== null && asked === source) {
      lose();
      again(asked);
    }
    options.after(ASK_MS, () => void ask());
  };
  const post = async (intent: Intent): Promise<string | null> => {
    try {
      const answer = await options.fetch(`${options.address}/session/intents`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(intent),
      });
      return answer.ok ? null : await problemCode(answer);
    } catch {
      return 'link_lost';
    }
  };
  let before: Promise<unknown> = Promise.resolve();
  open();
  options.after(ASK_MS, () => void ask());
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      listener(state);
      return () => listeners.delete(listener);
    },
    send: (intent) => {
      const sent = before.then(() => post(intent));
      before = sent;
      return sent;
    },
    close: () => {
      closed = true;
      source?.close();
      listeners.clear();
    },
  };
}

/** `EventSource.CLOSED`. */
const CLOSED = 2;

async function answers({ address, after, fetch: ask }: SessionOptions): Promise<boolean> {
  const patience = new AbortController();
  after(PATIENCE_MS, () => patience.abort());
  try {
    return (await ask(`${address}/alive`, { cache: 'no-store', signal: patience.signal })).ok;
  } catch {
    return false;
  }
}

async function problemCode(answer: Response): Promise<string> {
  try {
    const body: unknown = await answer.json();
    if (typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string')
      return body.code;
  } catch {
    // No problem document: the status is all there is to say.
  }
  return `http_${answer.status}`;
}
