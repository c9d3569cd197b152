import type { Fault, Result } from '#shared/kernel/result.ts';

/** Where a command writes; tests bring their own. */
export interface Terminal {
  out(line: string): void;
  err(line: string): void;
  fail(code: number): void;
}

/** Prints an answer as JSON or in the given words; a fault goes to standard error and ends with code 1. */
export function say<T>(
  terminal: Terminal,
  json: boolean,
  answer: Result<T, Fault>,
  words: (value: T) => readonly string[],
): void {
  if (!answer.ok) {
    const { code, message, details } = answer.error;
    terminal.err(json ? JSON.stringify({ code, message, details }) : `${message} (${code})`);
    terminal.fail(1);
    return;
  }
  if (json) terminal.out(JSON.stringify(answer.value, undefined, 2));
  else for (const line of words(answer.value)) terminal.out(line);
}

/** Rows in aligned columns, as wide as their longest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

const DIGITS: Readonly<Record<string, number>> = { JPY: 0, PTS: 0 };
export const amount = (minor: number, unit: string): string => {
  const digits = DIGITS[unit] ?? 2;
  return `${(minor / 10 ** digits).toFixed(digits)} ${unit}`;
};
export const moment = (at: number | null): string =>
  at === null
    ? '–'
    : new Intl.DateTimeFormat('sv', {
        dateStyle: 'short',
        timeStyle: 'medium',
        timeZone: 'UTC',
      }).format(at);
