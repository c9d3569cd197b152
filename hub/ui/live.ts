import type { TerminalNews } from '#hub/http/contract/fleet.ts';
import { BASE } from './api.ts';
import { desk, loadCounts, PARTS, type Part, resume } from './desk.svelte.ts';

const isPart = (value: unknown): value is Part => PARTS.some((part) => part === value);
const RETRY_MS = 2000;

/** Who shows the list of terminals and wants the very rows that changed; the stream carries them only then. */
let watcher: ((news: TerminalNews) => void) | null = null;
let reopen: () => void = () => {};
export function watchTerminals(listener: (news: TerminalNews) => void): () => void {
  watcher = listener;
  reopen();
  return () => {
    if (watcher !== listener) return;
    watcher = null;
    reopen();
  };
}

/**
 * Listens to the hub's pulse while somebody is signed in. Every `changed` moves the beats of the named parts, and pages read those again; so does a greeting,
 * which names what changed since `position`: where the pulse stood before the first page read anything, and from then on where the page was last told. After a
 * loss everything is read again, since what was asked meanwhile had no answer. Answers how to stop.
 */
export function listen(position: string): () => void {
  let since = position;
  let source: EventSource | null = null;
  let over = false;
  const beat = (parts: readonly Part[]) => {
    if (parts.length === 0) return;
    for (const part of parts) desk.beats[part] += 1;
    void loadCounts();
  };
  const toldIn = ({ data }: MessageEvent<string>): readonly Part[] => {
    const told = JSON.parse(data) as { parts: readonly unknown[]; position: string };
    since = told.position;
    return told.parts.filter(isPart);
  };
  const heard = () => {
    desk.heardAt = Date.now();
  };
  const lost = () => {
    // Until now the stream stood, though it may have been quiet.
    if (desk.hub === 'live') heard();
    desk.hub = 'lost';
  };
  const open = () => {
    if (over) return;
    source?.close();
    const asked = new URLSearchParams({ since, ...(watcher === null ? {} : { terminals: 'yes' }) });
    const opened = new EventSource(`${BASE}/live?${asked}`);
    source = opened;
    opened.addEventListener('hello', (message: MessageEvent<string>) => {
      const changed = toldIn(message);
      const parts = desk.hub === 'lost' ? PARTS : changed;
      desk.hub = 'live';
      heard();
      beat(parts);
    });
    opened.addEventListener('changed', (message: MessageEvent<string>) => {
      heard();
      beat(toldIn(message));
    });
    opened.addEventListener('terminals', (message: MessageEvent<string>) => {
      heard();
      watcher?.(JSON.parse(message.data) as TerminalNews);
    });
    opened.onerror = () => {
      if (source !== opened) return;
      lost();
      // The browser tries again by itself unless it was answered with an error: then perhaps the session is over.
      if (opened.readyState !== EventSource.CLOSED) return;
      void resume();
      setTimeout(() => {
        if (source === opened) open();
      }, RETRY_MS);
    };
  };
  // A browser without a network keeps a dead stream open for minutes: it is told sooner by the system.
  const away = () => {
    source?.close();
    lost();
  };
  addEventListener('offline', away);
  addEventListener('online', open);
  open();
  reopen = open;
  void loadCounts();
  const clock = setInterval(() => {
    desk.now = Date.now();
  }, 10_000);
  return () => {
    over = true;
    reopen = () => {};
    source?.close();
    removeEventListener('offline', away);
    removeEventListener('online', open);
    clearInterval(clock);
  };
}
