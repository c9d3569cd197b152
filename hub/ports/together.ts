/**
 * Like `Promise.all` for calls of one transaction, but fails when all of them have ended: whoever undoes a piece (a savepoint) must not meet
 * calls of it that still go on, and would then write outside of it.
 */
export async function together<const Calls extends readonly unknown[]>(
  calls: Calls,
): Promise<{ -readonly [At in keyof Calls]: Awaited<Calls[At]> }> {
  await Promise.allSettled(calls);
  return Promise.all(calls);
}
