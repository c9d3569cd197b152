import { AsyncLocalStorage } from 'node:async_hooks';

const watch = new AsyncLocalStorage<{ entries: number }>();

/** Runs `work` and answers how many audit entries it appended: what people do must leave one (SEC-7). */
export async function countingAudit<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly entries: number }> {
  const seen = { entries: 0 };
  const value = await watch.run(seen, work);
  return { value, entries: seen.entries };
}

/** Told by the store for each entry. */
export const auditAppended = (): void => {
  const seen = watch.getStore();
  if (seen !== undefined) seen.entries += 1;
};
