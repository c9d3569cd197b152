import { type Component, mount } from 'svelte';
import { createSession, type Session } from './session.ts';

/**
 * Opens the page of a touch screen: its live session, and what keeps the screen in service (SCR-7). The service worker keeps the watchdog page for a
 * load while the terminal's program is away; a page out of the browser's memory is loaded anew, because it belongs to an earlier customer.
 */
export function openTerminalPage<Snapshot, Intent>(
  App: Component<{ session: Session<Snapshot, Intent> }>,
): void {
  const target = document.getElementById('app');
  if (target === null) throw new Error('the page has no place for the app');
  const session = createSession<Snapshot, Intent>({
    address: '.',
    after: (milliseconds, callback) => void setTimeout(callback, milliseconds),
    events: (address) => new EventSource(address),
    fetch: (input, init) => fetch(input, init),
    reload: () => {
      // Whoever was here before the process went away has lost his session; his switches go with it. Not before it is back: a page that is
      // loaded anew loses its link as well.
      sessionStorage.clear();
      location.reload();
    },
  });
  mount(App, { target, props: { session } });
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
  // Where the browser has none (a private window), the screen serves all the same.
  addEventListener(
    'load',
    () => void navigator.serviceWorker?.register('/service-worker.js').catch(() => {}),
  );
}
