import { untrack } from 'svelte';
import type { Answer, Trouble } from './api.ts';
import { desk, type Part } from './desk.svelte.ts';

/** Something read from the hub, kept fresh. The last good value stays on screen while a newer one is on its way or cannot be had. */
export class Resource<T> {
  value = $state.raw<T | null>(null);
  trouble = $state<Trouble | null>(null);
  #asked = 0;
  #answered = 0;
  #due = false;
  readonly #load: () => Answer<T>;

  constructor(load: () => Answer<T>) {
    this.#load = load;
  }

  /** Another question, or the same one after a change of one's own: what is on its way is not heard any more. */
  async read(): Promise<void> {
    this.#asked += 1;
    this.#due = false;
    const mine = this.#asked;
    const answer = await this.#load();
    // A later question was asked meanwhile: its answer counts.
    if (mine !== this.#asked) return;
    this.#answered = mine;
    if (answer.ok) {
      this.value = answer.value;
      this.trouble = null;
    } else this.trouble = answer.error;
    if (this.#due) void this.read();
  }

  /**
   * The same question again, since the hub says that something changed. One that is on its way is heard first: a hub that answers slower than its fleet changes
   * would otherwise never be, and were asked by more and more at once.
   */
  refresh(): void {
    if (this.#asked === this.#answered) void this.read();
    else this.#due = true;
  }

  /** Takes what the answer to a change says. What is being read meanwhile may be from before it, and is read again. */
  put(value: T): void {
    this.value = value;
    this.trouble = null;
    if (this.#asked !== this.#answered) void this.read();
  }
}

/** Reads now, again when anything that `load` looks at changes, when another language is chosen (the hub answers names of titles in it), and again when the hub says that one of `parts` changed. */
export function resource<T>(load: () => Answer<T>, parts: readonly Part[]): Resource<T> {
  const made = new Resource(load);
  $effect(() => {
    void desk.language;
    void made.read();
  });
  let begun = false;
  $effect(() => {
    for (const part of parts) void desk.beats[part];
    if (begun) untrack(() => made.refresh());
    begun = true;
  });
  return made;
}

/** One thing being done: keeps a second press away while the first is under way, and the trouble until the next try. */
export class Work {
  busy = $state(false);
  trouble = $state<Trouble | null>(null);

  /** Null when it did not work; then `trouble` says why. */
  async run<T>(job: () => Answer<T>): Promise<{ readonly value: T } | null> {
    if (this.busy) return null;
    this.busy = true;
    this.trouble = null;
    const answer = await job();
    this.busy = false;
    if (answer.ok) return { value: answer.value };
    this.trouble = answer.error;
    return null;
  }
}
