/**
 * Gathers what comes faster than a screen can show: however many updates arrive, they are shown together, once a frame, each thing as it is last.
 * `nextFrame` is the browser's; nothing is asked of it while nothing waits.
 */
export interface Gathering<T> {
  add(items: readonly T[]): void;
  stop(): void;
}

export function gathering<T>(
  id: (item: T) => string,
  show: (items: ReadonlyMap<string, T>) => void,
  nextFrame: (job: () => void) => () => void = eachFrame,
): Gathering<T> {
  let waiting = new Map<string, T>();
  let cancel: (() => void) | null = null;
  const flush = () => {
    cancel = null;
    const items = waiting;
    waiting = new Map();
    show(items);
  };
  return {
    add(items) {
      for (const item of items) waiting.set(id(item), item);
      if (waiting.size > 0) cancel ??= nextFrame(flush);
    },
    stop() {
      cancel?.();
      cancel = null;
      waiting = new Map();
    },
  };
}

function eachFrame(job: () => void): () => void {
  const asked = requestAnimationFrame(job);
  return () => cancelAnimationFrame(asked);
}
