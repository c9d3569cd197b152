/** What a story prints, and what it promises. Every promise that does not hold is printed as such and makes the program exit with 1. */
export class Chronicle {
  readonly #write: (line: string) => void;
  #step = 0;
  #kept = 0;
  readonly #broken: string[] = [];
  readonly figures: Record<string, unknown> = {};

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  step(heading: string): void {
    this.#step += 1;
    this.#write(`\n${String(this.#step).padStart(2)}  ${heading}`);
  }

  say(label: string, text: string): void {
    this.#write(`    ${label.padEnd(20)} ${text}`);
  }

  /** A figure for the last line, which is one JSON object. */
  figure(name: string, value: unknown): void {
    this.figures[name] = value;
  }

  promise(holds: boolean, text: string): void {
    if (holds) this.#kept += 1;
    else this.#broken.push(text);
    this.#write(`    ${holds ? 'holds  ' : 'BROKEN '} ${text}`);
  }

  /** True when every promise held and there was at least one. */
  end(): boolean {
    this.#write(`\n${this.#kept} promises held, ${this.#broken.length} broken`);
    for (const text of this.#broken) this.#write(`  broken: ${text}`);
    this.#write(JSON.stringify({ story: this.#broken.length === 0, ...this.figures }));
    return this.#broken.length === 0 && this.#kept > 0;
  }
}

export const megabytesPerSecond = (bytes: number, ms: number): string =>
  ms <= 0 ? '–' : `${(bytes / 1e6 / (ms / 1000)).toFixed(1)} MB/s`;

export const money = (value: { readonly minor: number; readonly currency: string }): string => {
  const digits = value.currency === 'JPY' ? 0 : 2;
  return `${(value.minor / 10 ** digits).toFixed(digits)} ${value.currency}`;
};
