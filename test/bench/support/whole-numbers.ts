import { assert } from '#shared/kernel/assert.ts';

/** The numbers of these options, in their order; says by its name which one is not a whole number above 0. */
export function wholeNumbers<Name extends string>(
  options: Readonly<Record<Name, string>>,
): Readonly<Record<Name, number>> {
  const numbers = Object.entries<string>(options).map(([name, text]) => {
    const number = Number(text);
    assert(Number.isInteger(number) && number > 0, `--${name} takes a whole number above 0`);
    return [name, number] as const;
  });
  return Object.fromEntries(numbers) as Record<Name, number>;
}
