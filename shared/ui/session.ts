/**
 * The page's side of a session (DESIGN §7): snapshots come in as server-sent events, intents go out by POST. The page keeps nothing
 * itself, so that a reload changes nothing. Follows Svelte's store contract: `$session` works in components.
 */
export interface SessionState<Snapshot> {
  readonly snapshot: Snapshot | null;
  /** `waiting` before the first snapshot, `live`, `lost` while the terminal's own process does not answer ("one moment"). */
  readonly link: 'waiting' | 'live' | 'lost';
}

export interface Session<Snapshot, Intent> {
  subscribe(listener: (state: SessionState<Snapshot>) => void): () => void;
  /** Answers the refusal's stable code, or null when the intent was taken. `link_lost` when the process did not answer. */
  send(intent: Intent): Promise<string | null>;
  close(): void;
}

export interface SessionOptions {
  /** Where the session lives, e.g. `./session`: `<address>/events` and `<address>/intents`. */
  readonly address: string;
  /** The page's timer, given by its main file. */
  readonly after: (milliseconds: number, callback: () => void) => void;
}

const RETRY_MS = 1500;

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
  const open = (): void => {
    if (closed) return;
    const opened = new EventSource(`${options.address}/events`);
    source = opened;
    opened.addEventListener('snapshot', (message: MessageEvent<string>) => {
      publish({ snapshot: JSON.parse(message.data) as Snapshot, link: 'live' });
    });
    // The terminal has left the fleet (FLT-3): what it serves now is another page.
    opened.addEventListener('retired', () => location.reload());
    opened.onerror = () => {
      publish({ ...state, link: 'lost' });
      // The browser tries again by itself unless the server answered with an error: then it gives up for good.
      if (opened.readyState !== EventSource.CLOSED) return;
      opened.close();
      options.after(RETRY_MS, open);
    };
  };
  open();
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      listener(state);
      return () => listeners.delete(listener);
    },
    send: async (intent) => {
      try {
        const answer = await fetch(`${options.address}/intents`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(intent),
        });
        return answer.ok ? null : await problemCode(answer);
      } catch {
        return 'link_lost';
      }
    },
    close: () => {
      closed = true;
      source?.close();
      listeners.clear();
    },
  };
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
