import type { Lane } from '#shared/protocol/envelope.ts';
import { type Journal, readJournal } from './journal.ts';
import type { Stage } from './stage.ts';

export interface Verdict {
  /** What was broken, in words; empty: nothing. */
  readonly violations: readonly string[];
  readonly events: number;
  readonly rentals: number;
  readonly returns: number;
}

type Row = Readonly<Record<string, string | number>>;

/**
 * Compares what each terminal knows by itself with the hub's tables, after everything is mended and every queue is empty: every acknowledged event is
 * there, every generated one once and at its place, took effect once and in its lane's order; each return is charged once, and the books balance.
 */
export async function judge(stage: Stage): Promise<Verdict> {
  const violations: string[] = [];
  const say = (text: string): void => void violations.push(text);
  const ask = async (statement: string): Promise<Row[]> => [...(await stage.sql.unsafe<Row[]>(statement))];
  const none = async (what: string, statement: string): Promise<void> => {
    const rows = await ask(statement);
    if (rows.length > 0) say(`${what}: ${rows.length}, such as ${JSON.stringify(rows[0])}`);
  };

  const inbox = await ask(
    'select terminal_id, epoch, lane, sequence::int as sequence, event_id, kind from inbox_events order by sequence',
  );
  let generated = 0;
  for (const terminalId of stage.terminals) {
    const journal = readJournal(stage.journalOf(terminalId));
    const own = inbox.filter((row) => row['terminal_id'] === terminalId);
    generated += journal.made[0].size + journal.made[1].size;
    for (const text of wrongIn(journal, own)) say(`SYN-2: ${terminalId}: ${text}`);
  }
  await none(
    'SYN-2: an event stands in the inbox twice',
    'select event_id from inbox_events group by 1 having count(*) > 1',
  );
  await none('SYN-3: dead letters', 'select event_id, cause, message from dead_letters');
  await none('SYN-3: conflicts', 'select terminal_id, sequence from conflicts');
  await none('SYN-2: a cursor went back', 'select * from fire_backwards');
  await none(
    'SYN-2: applied out of the order of its lane',
    `select * from (select a.terminal_id, i.sequence, lag(i.sequence) over (partition by i.terminal_id, i.epoch, i.lane order by a.n) as before
       from fire_applied a join inbox_events i using (event_id)) each where before > sequence`,
  );
  await none(
    'SYN-2: an event took effect twice',
    'select event_id, kind from rental_timeline where event_id is not null group by 1, 2 having count(*) > 1',
  );
  await none(
    'LED-1: a transfer off balance',
    'select transfer_id, unit from entries group by 1, 2 having sum(amount) <> 0',
  );

  const count = async (statement: string): Promise<number> => Number((await ask(statement))[0]?.['n']);
  const kinds = (kind: string): number => inbox.filter((row) => row['kind'] === kind).length;
  const [rentals, returns] = [kinds('rental.started'), kinds('return.destroyed')];
  const equal = (what: string, is: number, wanted: number): void => {
    if (is !== wanted) say(`${what}: ${is}, and not ${wanted}`);
  };
  equal('RNT-3: rentals', await count('select count(*) as n from rentals'), rentals);
  equal(
    'RNT-3: closed rentals',
    await count("select count(*) as n from rentals where status = 'closed'"),
    returns,
  );
  equal('RET-3: receipts', await count('select count(*) as n from receipts'), returns);
  equal('RWD-1: ratings', await count('select count(*) as n from ratings'), kinds('rating.given'));
  equal(
    'PAY-1: cents of cards',
    await count("select coalesce(sum(amount), 0) as n from entries where account_id = 'card_clearing:EUR'"),
    400 * returns,
  );
  for (const row of await ask(
    'select reason, count(*)::int as n, count(distinct rental_id)::int as rentals from transfers where rental_id is not null group by 1',
  )) {
    equal(`LED-1: transfers of ${row['reason']}`, Number(row['n']), returns);
    equal(`LED-1: rentals with ${row['reason']}`, Number(row['rentals']), returns);
  }
  for (const hub of stage.hubs)
    for (const line of hub.errors()) say(`OPS-4: ${hub.name} logs an error: ${line.slice(0, 300)}`);
  return { violations, events: generated, rentals, returns };
}

/** The journal of a terminal against its rows in the inbox, which are in the order of their sequences. */
function wrongIn(journal: Journal, rows: readonly Row[]): string[] {
  const wrong: string[] = [];
  const foreign = rows.filter((row) => !journal.epochs.has(String(row['epoch'])));
  if (journal.epochs.size !== 1 || foreign.length > 0)
    wrong.push(`epochs ${[...journal.epochs].join(', ')}, and ${foreign.length} rows of others`);
  for (const lane of [0, 1] as const satisfies readonly Lane[]) {
    const there = rows.filter((row) => row['lane'] === lane);
    there.forEach((row, index) => {
      if (row['sequence'] !== index) wrong.push(`lane ${lane} has ${row['sequence']} at place ${index}`);
    });
    if (there.length <= journal.acknowledged[lane])
      wrong.push(
        `lane ${lane} is acknowledged up to ${journal.acknowledged[lane]}, and ${there.length} events are there`,
      );
    for (const [sequence, eventId] of journal.made[lane])
      if (there[sequence]?.['event_id'] !== eventId)
        wrong.push(`event ${eventId} of lane ${lane}, sequence ${sequence}, is not at its place`);
  }
  return wrong.slice(0, 5);
}
