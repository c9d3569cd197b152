import { expect, test } from 'vitest';
import { memoryDatabase } from '#hub/db/memory/database.ts';
import { epochMs } from '#shared/kernel/time.ts';
import { rowsOf, unlike } from './rows.ts';

test('SYN-2: of a receipt that staff are told of only its hash is by chance; whatever else a row says is compared', async () => {
  const told = async (message: string) => {
    const database = memoryDatabase();
    const about = { subject: 'a copy', severity: 'critical', terminalId: null, rentalId: null } as const;
    const alert = { code: 'security_clone_returned', ...about, message };
    await database.stores.alerts.raise('one', alert, epochMs(1));
    return rowsOf(database);
  };
  const first = await told(
    'returned at return-1, receipt 091a66950622637d; at return-2, receipt bba95090eca77add',
  );
  const again = await told(
    'returned at return-1, receipt 9f10b0e37a6fe63e; at return-2, receipt ccec7c076e6d6c37',
  );
  const other = await told(
    'returned at return-1, receipt 9f10b0e37a6fe63e; at return-3, receipt ccec7c076e6d6c37',
  );
  expect(unlike(first, again)).toEqual([]);
  expect(unlike(first, other)).toHaveLength(2);
});
