import type postgres from 'postgres';
import { aSite, aTariff } from '#shared/domain/testing/builders.ts';

/** How long the lists are to be. */
export interface Lengths {
  readonly terminals: number;
  readonly members: number;
  readonly rentals: number;
  /** Of the newest rentals so many are paid: two entries each. The ledger's triggers take their time, so none where it is not asked for. */
  readonly bookings?: number;
  /** Moment of the newest row, epoch milliseconds. */
  readonly now: number;
}

const HALF_MINUTE = 30_000;
const asText = (value: unknown): string => `'${JSON.stringify(value).replaceAll("'", "''")}'`;
const CALENDAR = asText(aSite());
const TARIFF = asText(aTariff());
/** As a terminal at rest says it of itself. */
const HEARTBEAT = asText({
  ...{ queue: { lane0: 0, lane1: 2, oldestAt: null }, storage: { totalBytes: 64e9, freeBytes: 21e9 } },
  ...{
    cache: { bytes: 12e9, titles: 24, fetching: 0 },
    drives: [{ name: 'slot', state: 'empty', fault: null }],
  },
  ...{ software: '1.0.0', configVersion: 0, locked: false, temperatureCelsius: 41 },
});
export const longTerminalId = (n: number): string => `terminal-${String(n).padStart(5, '0')}`;

/**
 * Fills an empty hub's PostgreSQL so that the console's lists are long: shops, terminals, members, titles and rentals with the spread of a fleet at work (of a
 * hundred rentals five are open, one is lost or needs somebody). Rows are made by the database itself: a million rentals take about two minutes.
 */
export async function fillLongLists(sql: postgres.Sql, lengths: Lengths): Promise<void> {
  const { terminals, members, rentals, bookings = 0, now } = lengths;
  const start = now - rentals * HALF_MINUTE;
  // Ids as version 7 has them: the moment first, so that their order is that of time.
  await sql.unsafe(`create or replace function pg_temp.made_id(at bigint, n bigint) returns text language sql immutable as $$
    select substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-7' || substr(m, 1, 3) || '-8' || substr(m, 4, 3) || '-' || substr(m, 7, 12)
    from (select lpad(to_hex(at), 12, '0') as h, md5(n::text) as m) made $$;
  insert into sites (site_id, name, address, calendar, created_at, updated_at)
    select pg_temp.made_id(${start}, n), 'Shop ' || n, 'Street ' || n, ${CALENDAR}, ${start}, ${start} from generate_series(1, 200) n;
  insert into terminals (terminal_id, role, site_id, name, state, online, last_contact_at, online_changed_at, heartbeat_at, heartbeat, software, config_reported, cache, created_at)
    select 'terminal-' || lpad(n::text, 5, '0'), case n % 2 when 0 then 'kiosk' else 'return-terminal' end, pg_temp.made_id(${start}, 1 + n % 200),
      case n % 2 when 0 then 'Kiosk ' else 'Return terminal ' end || n, 'active', n % 40 <> 0, ${now} - n * 1000, ${start}, ${now} - n * 1000, ${HEARTBEAT}, '1.0.0', 0, '{}', ${start}
    from generate_series(1, ${terminals}) n;
  insert into titles (title_id, kind, name, description, year, genres, people, age_rating, territories, release_at, demands_secure_medium, demands_binding,
      withdrawn, subtitles, tariff_id, created_at, updated_at)
    select pg_temp.made_id(${start}, n), 'film', jsonb_build_object('en', 'Title ' || n), '{"en":""}', 2000, '[]', '[]', 0, '[]', ${start}, false, 'none',
      false, '[]', pg_temp.made_id(${start}, 1), ${start}, ${start}
    from generate_series(1, 500) n;
  insert into members (member_id, token, number, display_name, birth_year, language, pin_verifier, pin_tries, preferred_means, currency, site_id, state, created_at)
    select pg_temp.made_id(${start} + n, n), 'token-' || n, (10000000 + n)::text, 'Member ' || md5(n::text), 1980, 'en', 'none', 0, '[]', 'EUR',
      pg_temp.made_id(${start}, 1 + n % 200), 'active', ${start} + n
    from generate_series(1, ${members}) n;`);
  const step = 100_000;
  for (let from = 1; from <= rentals; from += step)
    await sql.unsafe(`insert into rentals (rental_id, copy_id, edition_id, title_id, medium_id, member_id, member_token, site_id, kiosk_id, binding, tariff, calendar,
        discounts, coupons, status, started_at, due_at, closed_at, licence_status, endless_licence_due, chunk_hashes, prepared_at, offline, needs_staff,
        charge_revision, settled)
      select pg_temp.made_id(at, n), pg_temp.made_id(at, -n), pg_temp.made_id(${start}, 1), pg_temp.made_id(${start}, 1 + n % 500), pg_temp.made_id(at, n + 7),
        pg_temp.made_id(${start} + 1 + n % ${members}, 1 + n % ${members}), 'token', pg_temp.made_id(${start}, 1 + n % 200),
        'terminal-' || lpad((1 + n % ${terminals})::text, 5, '0'), 'none', ${TARIFF}, ${CALENDAR}, '[]', '[]',
        case when n % 1000 = 0 then 'lost' when n % 20 = 0 then 'active' else 'closed' end, at, at + 86400000,
        case when n % 20 = 0 then null else at + 50000000 end, 'active', false, '[]', at, false, n % 500 = 0, 0, '{}'
      from (select n, ${start}::bigint + n::bigint * ${HALF_MINUTE} as at from generate_series(${from}, ${Math.min(rentals, from + step - 1)}) n) made`);
  // Each paid by card half a minute after the fact.
  await sql.unsafe(`insert into accounts (account_id, kind, owner_id, unit, created_at)
      select 'member_prepaid:' || member_id || ':EUR', 'member_prepaid', member_id, 'EUR', ${start} from members
      union all select 'card_clearing:EUR', 'card_clearing', null, 'EUR', ${start};
    insert into transfers (transfer_id, phase, reason, rental_id, member_id, site_id, at, booked_at, lines, fingerprint, detail)
      select 'paid-' || rental_id, 'single', 'paid_card_reader', rental_id, member_id, site_id, prepared_at, prepared_at + ${HALF_MINUTE}, 2, '', '{}'
      from rentals order by prepared_at desc limit ${bookings};
    insert into entries (transfer_id, line, account_id, amount, unit)
      select transfer_id, 0, 'card_clearing:EUR', 400, 'EUR' from transfers
      union all select transfer_id, 1, 'member_prepaid:' || member_id || ':EUR', -400, 'EUR' from transfers`);
  await sql.unsafe('analyze');
}
