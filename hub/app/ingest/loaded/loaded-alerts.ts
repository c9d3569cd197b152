import type { AlertDraft, AlertStore } from '#hub/ports/stores.ts';
import type { EpochMs } from '#shared/kernel/time.ts';

interface Raised {
  readonly alertId: string;
  readonly draft: AlertDraft;
  readonly at: EpochMs;
}

/** Alerts that are raised are written with `flush`, in their order; clearing one that is known not to be open asks nobody. */
export function loadedAlerts(alerts: AlertStore, passed: (call: string) => void) {
  const closed = new Set<string>();
  let raised: Raised[] = [];
  const flush = async (): Promise<void> => {
    const all = raised;
    raised = [];
    for (const { alertId, draft, at } of all) await alerts.raise(alertId, draft, at);
  };
  /** The store itself, with everything in it. */
  const itself = async (call: string): Promise<AlertStore> => {
    passed(call);
    await flush();
    return alerts;
  };
  const store: AlertStore = {
    async raise(alertId, draft, at) {
      closed.delete(`${draft.code}:${draft.subject}`);
      raised.push({ alertId, draft, at });
    },
    async clear(match, by, at) {
      if ([match.subject].flat().every((subject) => closed.has(`${match.code}:${subject}`))) return false;
      return (await itself('clear')).clear(match, by, at);
    },
    find: async (key) => (await itself('find')).find(key),
    findForUpdate: async (key) => (await itself('findForUpdate')).findForUpdate(key),
    first: async (match) => (await itself('first')).first(match),
    list: async (match, options) => (await itself('list')).list(match, options),
    among: async (places, locked) => (await itself('among')).among(places, locked),
    page: async (match, ask) => (await itself('page')).page(match, ask),
    count: async (match) => (await itself('count')).count(match),
    countUpTo: async (match, anyOf, most) => (await itself('countUpTo')).countUpTo(match, anyOf, most),
    insert: async (row) => (await itself('insert')).insert(row),
    insertMany: async (rows) => (await itself('insertMany')).insertMany(rows),
    put: async (row) => (await itself('put')).put(row),
    putMany: async (rows) => (await itself('putMany')).putMany(rows),
    patch: async (key, change) => (await itself('patch')).patch(key, change),
    patchWhere: async (match, change) => (await itself('patchWhere')).patchWhere(match, change),
    removeWhere: async (match) => (await itself('removeWhere')).removeWhere(match),
  };
  /** Notes which of these codes and subjects have no open alert. */
  const load = async (
    places: readonly { readonly code: string; readonly subject: string }[],
  ): Promise<void> => {
    const openKeys = places.map(({ code, subject }) => ({ openKey: `${code}:${subject}` }));
    const open = new Set((await alerts.among(openKeys)).map((row) => row.openKey));
    for (const { openKey } of openKeys) if (!open.has(openKey)) closed.add(openKey);
  };
  return { store, load, flush };
}
