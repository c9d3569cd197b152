/**
 * What each table of the hub may do in a shop that runs for weeks (SYN-5, SEC-9). `still`: as many rows as there are terminals, members, titles or duties,
 * whatever happens. `days`: nothing older than its days, by this column (`KEPT_DAYS`). `kept`: books and evidence; they grow by at most so many rows a visit, a rental
 * or a return, and so many a day.
 */
export type Growth =
  | { readonly kind: 'still' }
  | { readonly kind: 'days'; readonly days: number; readonly column: string; readonly perVisit: number }
  | { readonly kind: 'kept'; readonly perVisit: number; readonly perDay: number };

const still: Growth = { kind: 'still' };
const kept = (perVisit: number, perDay = 0): Growth => ({ kind: 'kept', perVisit, perDay });

/** In the names of the database. A table that is not here is refused: whoever adds one says what becomes of its rows. */
export const HUB_TABLES: Readonly<Record<string, Growth>> = {
  // The books, what they prove, and what proves them.
  accounts: kept(0.5),
  transfers: kept(6),
  entries: kept(14),
  inbox_events: kept(12, 60),
  rentals: kept(1),
  rental_timeline: kept(8),
  returns: kept(1),
  receipts: kept(1),
  ratings: kept(1),
  reservations: kept(1),
  audit_entries: kept(2, 4),
  audit_checkpoints: kept(0, 3),
  log_leaves: kept(10, 8),
  log_nodes: kept(10, 8),
  log_checkpoints: kept(0, 50),
  dead_letters: kept(0),
  conflicts: kept(0),
  alerts: kept(1),
  controllers: still,
  certificates: still,
  // What has its days.
  quotes: { kind: 'days', days: 60, column: 'valid_until', perVisit: 2 },
  commands: { kind: 'days', days: 90, column: 'updated_at', perVisit: 0 },
  enrolment_codes: { kind: 'days', days: 90, column: 'expires_at', perVisit: 0 },
  terminal_history: { kind: 'days', days: 8, column: 'at', perVisit: 1e6 },
  copy_openings: { kind: 'days', days: 42, column: 'received_at', perVisit: 1 },
  member_sessions: { kind: 'days', days: 1, column: 'expires_at', perVisit: 2 },
  player_pairings: { kind: 'days', days: 7, column: 'expires_at', perVisit: 1 },
  staff_sessions: { kind: 'days', days: 30, column: 'expires_at', perVisit: 0 },
  staff_resets: { kind: 'days', days: 7, column: 'expires_at', perVisit: 0 },
  staff_attempts: { kind: 'days', days: 7, column: 'since', perVisit: 0 },
  // What stands.
  sites: still,
  tariffs: still,
  titles: still,
  editions: still,
  assets: still,
  /** At most some for each title, and some trainings. */
  neighbours: kept(4),
  model_runs: kept(1),
  members: still,
  media: kept(0.5),
  player_keys: still,
  coupons: still,
  terminals: still,
  allotments: kept(0.5),
  cursors: kept(0.5),
  settings: still,
  leases: still,
  timelines: still,
  staff: still,
  staff_backup_codes: still,
  second_person_requests: still,
  log_pending: kept(1),
};

/**
 * Rows of a terminal's own store: the most of them, whatever happens, with so many visits a day. What it keeps for thirty days (its log, rentals, returns, media)
 * may be one row for each event of these days; everything else is bounded by itself.
 */
export const TERMINAL_DAYS = 30;
export const TERMINAL_TABLES: Readonly<Record<string, 'still' | 'thirty days'>> = {
  bundle: 'still',
  config: 'still',
  cache_key: 'still',
  contact: 'still',
  content: 'still',
  hub_knowledge: 'still',
  locks: 'still',
  commands: 'still',
  carried_openings: 'still',
  clock: 'still',
  kiosk_rentals: 'thirty days',
  kiosk_hold_voids: 'still',
  kiosk_media: 'thirty days',
  kiosk_payments: 'still',
  kiosk_known_media: 'thirty days',
  kiosk_pin_tries: 'thirty days',
  rt_returns: 'thirty days',
  rt_seen_again: 'thirty days',
  rt_given_up: 'thirty days',
  rt_receipt_chain: 'still',
  rt_challenges: 'still',
  rt_owed_voids: 'still',
};

/** Of the tables that keep their rows for days: which column tells how old a row is. */
export const AGE_COLUMNS: ReadonlyMap<string, string> = new Map(
  Object.entries(HUB_TABLES).flatMap(([name, growth]) =>
    growth.kind === 'days' ? [[name, growth.column] as const] : [],
  ),
);
