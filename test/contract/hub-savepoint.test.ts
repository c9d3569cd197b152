import { expect, it } from 'vitest';
import { openHub } from './hub-world.ts';

it('SEC-7: an audit entry inside a transaction ends nothing but itself: what follows is written too', async () => {
  const { db, clock } = await openHub({ folder: null });
  const now = clock.now();
  const entry = { at: now, actor: 'hub', action: 'test.done', subject: 'x', detail: {} } as const;
  await db.transaction(async (stores) => {
    await stores.audit.append(entry);
    await stores.settings.put({ name: 'after.savepoint', value: { at: now }, updatedAt: now });
    await stores.audit.append(entry);
  });
  expect(await db.stores.settings.find({ name: 'after.savepoint' })).not.toBeNull();
  await db.close();
});
