import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Fault } from '#shared/kernel/result.ts';

/**
 * The one table that says which HTTP status a code of the hub has. A use case can only fail over HTTP with a code that stands
 * here: the types refuse any other.
 */
export const PROBLEM_STATUS = {
  // what was asked is not understood
  request_malformed: 400,
  body_too_large: 413,
  range_not_satisfiable: 416,
  lease_key_unknown: 410,
  media_type_unsupported: 415,
  cursor_malformed: 400,
  // who asks
  terminal_unknown: 401,
  terminal_revoked: 403,
  terminal_role_wrong: 403,
  staff_signed_out: 401,
  staff_unknown: 401,
  staff_locked: 429,
  staff_exists: 409,
  role_insufficient: 403,
  origin_foreign: 403,
  too_many_requests: 429,
  // enrolment
  enrolment_code_malformed: 400,
  enrolment_code_unknown: 403,
  enrolment_code_used: 409,
  enrolment_code_expired: 410,
  enrolment_serial_mismatch: 403,
  enrolment_refused: 403,
  enrolment_missing: 404,
  terminal_name_reserved: 400,
  request_signature_invalid: 400,
  request_name_mismatch: 400,
  request_key_weak: 400,
  terminal_exists: 409,
  terminal_missing: 404,
  // members
  member_unknown: 401,
  sign_in_refused: 401,
  sign_in_paused: 429,
  pin_wrong: 401,
  pin_locked: 423,
  member_blocked: 403,
  member_missing: 404,
  member_rentals_open: 409,
  member_owes: 409,
  member_balance_open: 409,
  session_over: 401,
  medium_of_other_member: 409,
  currency_mismatch: 409,
  amount_not_positive: 400,
  payment_key_taken: 409,
  top_up_amount_invalid: 400,
  top_up_key_taken: 409,
  nothing_due: 409,
  // rentals and returns
  title_unknown: 404,
  title_withdrawn: 409,
  title_without_edition: 409,
  tariff_missing: 409,
  tariff_invalid: 400,
  rental_id_conflict: 409,
  rental_missing: 404,
  rental_unknown: 404,
  rental_not_open: 409,
  rental_not_active: 409,
  licence_invalid: 422,
  licence_foreign: 422,
  return_conflict: 409,
  quote_missing: 409,
  authorisation_amount_invalid: 400,
  authorisation_key_taken: 409,
  authorisation_ended: 409,
  authorisation_unknown: 404,
  points_need_pin: 403,
  points_not_enough: 409,
  prepaid_not_enough: 409,
  amount_above_quote: 409,
  proof_mismatch: 403,
  key_malformed: 400,
  licence_other_rental: 409,
  licence_contradicts_rental: 409,
  calendar_invalid: 422,
  // catalogue
  title_exists: 409,
  edition_missing: 404,
  asset_missing: 404,
  site_missing: 404,
  site_calendar_invalid: 400,
  closure_conflict: 409,
  picture_unreadable: 422,
  picture_format_unsupported: 415,
  picture_too_large: 413,
  picture_failed: 422,
  subtitles_unreadable: 422,
  media_type_mismatch: 422,
  content_encoding_refused: 415,
  upload_too_slow: 408,
  storage_full: 507,
  object_missing: 404,
  object_too_large: 413,
  object_hash_mismatch: 422,
  object_cut_off: 400,
  hash_missing: 400,
  // staff's work
  command_missing: 404,
  command_not_allowed: 409,
  config_conflict: 409,
  alert_missing: 404,
  dead_letter_unknown: 404,
  dead_letter_behind: 409,
  dead_letter_quarantined: 409,
  dead_letter_not_acceptable: 409,
  dead_letter_settled: 409,
  reservation_missing: 404,
  reservation_closed: 409,
  refund_too_large: 409,
  second_person_needed: 403,
  second_person_same: 403,
  nothing_to_refund: 409,
  report_missing: 404,
  receipt_missing: 404,
  // prices
  charge_currency_mismatch: 409,
  charge_stop_before_start: 409,
  charge_out_of_range: 409,
  charge_reduction_invalid: 409,
  site_never_open: 409,
  not_found: 404,
  hub_failed: 500,
  hub_starting: 503,
} as const satisfies Record<string, ContentfulStatusCode>;

export type ProblemCode = keyof typeof PROBLEM_STATUS;
export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEM_STATUS, code);

const UNREAD: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'body_too_large',
  'object_too_large',
  'hash_missing',
  'media_type_unsupported',
  'object_cut_off',
  'content_encoding_refused',
  'media_type_mismatch',
  'upload_too_slow',
  'storage_full',
]);

/** RFC 9457: the answer to everything that did not work. `code` is what programs read. */
export function problem(c: Context, fault: Fault<ProblemCode>): Response {
  const status = PROBLEM_STATUS[fault.code];
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (status === 401 && c.req.path.startsWith('/terminal/'))
    headers['www-authenticate'] = 'Basic realm="keyturn terminals"';
  // What was refused before its body was read would otherwise stand in the way of the next request.
  if (UNREAD.has(fault.code)) headers.connection = 'close';
  return c.body(
    JSON.stringify({
      type: `urn:keyturn:problem:${fault.code}`,
      title: fault.code.replaceAll('_', ' '),
      status,
      code: fault.code,
      detail: fault.message,
      ...(fault.details === undefined ? {} : { details: fault.details }),
    }),
    status,
    headers,
  );
}
