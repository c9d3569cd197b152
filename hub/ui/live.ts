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
 * Listens to the hub's pulse while somebody is signed in. Every `changed` moves the beats of the named parts, and pages read those again. With each
 * greeting everything is read again, also with the first: what changed between a page's reading and the greeting is told by neither. Answers how to stop.
 */
export function listen(): () => void {
  let source: EventSource | null = null;
  let over = false;
  const beat = (parts: readonly Part[]) => {
    for (const part of parts) desk.beats[part] += 1;
    void loadCounts();
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
    const opened = new EventSource(`${BASE}/live${watcher === null ? '' : '?terminals=yes'}`);
    source = opened;
    opened.addEventListener('hello', () => {
      desk.hub = 'live';
      heard();
      beat(PARTS);
    });
    opened.addEventListener('changed', (message: MessageEvent<string>) => {
      heard();
      const { parts } = JSON.parse(message.data) as { parts: readonly unknown[] };
      beat(parts.filter(isPart));
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
