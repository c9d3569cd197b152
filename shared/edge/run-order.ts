import type { EventId } from '#shared/kernel/ids.ts';
import type { LongOrder, Outcome } from './commands.ts';
import type { ContentCache } from './content/cache.ts';
import type { MakeSecureMedium } from './terminal.ts';

/** Longest log that fits an event, in bytes of JSON. */
const OUTPUT_BYTES = 28_000;

/** Carries out what an order of the hub asks for (FLT-2): a title is done when it is here, a log when it is read. */
export function executeOrder(
  { id, order }: { readonly id: EventId; readonly order: LongOrder },
  signal: AbortSignal,
  parts: {
    /** SEC-5; absent: this terminal makes none. */
    readonly makeSecureMedium: MakeSecureMedium | undefined;
    readonly cache: Pick<ContentCache, 'request' | 'progress' | 'watch'>;
    readonly recentLog: (lines: number) => readonly string[];
  },
): Promise<Outcome> {
  if (order.kind === 'collect_logs')
    return Promise.resolve({ fault: null, output: lastThatFit(parts.recentLog(order.lines)) });
  if (order.kind === 'make_secure_medium') {
    if (parts.makeSecureMedium === undefined)
      return Promise.resolve({
        fault: { code: 'command_not_allowed', message: 'this terminal makes no media' },
        output: null,
      });
    return parts
      .makeSecureMedium({ commandId: id, mediumId: order.mediumId })
      .then((made) =>
        made.ok
          ? { fault: null, output: order.mediumId }
          : { fault: { code: made.error.code, message: made.error.message.slice(0, 500) }, output: null },
      );
  }
  const asked = parts.cache.request(order.titleId);
  if (!asked.ok)
    return Promise.resolve({ fault: { code: asked.error.code, message: asked.error.message }, output: null });
  return new Promise((resolve) => {
    const look = (): void => {
      const { state, fault } = parts.cache.progress(order.titleId);
      const lasting = state === 'failed' && fault !== null && fault.code !== 'hub_away' ? fault : null;
      if (state !== 'ready' && lasting === null && !signal.aborted) return;
      unwatch();
      signal.removeEventListener('abort', look);
      const why = lasting === null ? null : { code: lasting.code, message: lasting.message.slice(0, 500) };
      resolve({ fault: why, output: null });
    };
    const unwatch = parts.cache.watch(look);
    signal.addEventListener('abort', look);
    look();
  });
}

function lastThatFit(lines: readonly string[]): string {
  const kept: string[] = [];
  let bytes = 0;
  for (const line of [...lines].reverse()) {
    bytes += Buffer.byteLength(JSON.stringify(line));
    if (bytes > OUTPUT_BYTES) break;
    kept.unshift(line);
  }
  return kept.join('\n');
}
