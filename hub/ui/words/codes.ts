import type { AlertView, DeadLetterView, TerminalDetail, TerminalSummary } from '#hub/http/contract/fleet.ts';
import type {
  LedgerLine,
  MemberSummary,
  RentalSummary,
  ReservationView,
} from '#hub/http/contract/members.ts';
import type { StaffSession } from '#hub/http/contract/staff.ts';
import type { RentalRow, ReturnRow } from '#hub/ports/rows/index.ts';
import type { ChargeLineKind } from '#shared/domain/charge.ts';
import type { RentalAlert, RentalEventKind, RentalOutcome } from '#shared/domain/rental-types.ts';
import type { CommandOrder, CommandState } from '#shared/protocol/commands.ts';
import type { CatalogueTitle, Recommendation } from '#shared/protocol/terminal-api.ts';
import { alertWords } from './alerts.ts';

type Table<K extends string> = Readonly<Record<K, string>>;
type DriveState = NonNullable<TerminalDetail['heartbeat']>['drives'][number]['state'];

/** Words for the codes that the hub's answers carry. Where the contract closes the set, the type demands every one of them. */
export interface Codes {
  readonly role: Table<StaffSession['role']>;
  readonly terminalRole: Table<TerminalSummary['role']>;
  readonly terminal: Table<TerminalSummary['state']>;
  readonly drive: Table<DriveState>;
  readonly severity: Table<AlertView['severity']>;
  readonly order: Table<CommandOrder['kind']>;
  readonly command: Table<CommandState>;
  readonly letter: Table<DeadLetterView['state']>;
  readonly rental: Table<RentalSummary['status']>;
  readonly member: Table<MemberSummary['state']>;
  readonly reservation: Table<ReservationView['state']>;
  readonly phase: Table<LedgerLine['phase']>;
  readonly kind: Table<CatalogueTitle['kind']>;
  readonly reason: Table<Recommendation['reason']['code']>;
  readonly line: Table<ChargeLineKind>;
  readonly outcome: Table<RentalOutcome | 'closure_entered' | 'due_moved'>;
  readonly step: Table<RentalEventKind | 'closure_entered' | 'exchanged' | 'refunded' | 'return_repeated'>;
  /** Open set: a terminal may raise a code that this console does not know yet; its message is shown either way. */
  readonly alert: Table<RentalAlert> & Readonly<Record<string, string>>;
  readonly account: Readonly<Record<string, string>>;
  /** What an entry was booked for. */
  readonly booking: Readonly<Record<string, string>>;
  readonly cache: Table<'fetching' | 'ready' | 'dropped' | 'failed'> & Readonly<Record<string, string>>;
  readonly binding: Table<'none' | 'players'>;
  readonly licence: Table<RentalRow['licenceStatus']>;
  /** What a receipt says was proven (RET-4), and how the slot was read back. */
  readonly claim: Table<'CLEAR-SLOT' | 'PURGE'>;
  readonly readBack: Table<'power-cycle' | 'remount' | 'direct-io' | 'cache-dropped'>;
  readonly returned: Table<ReturnRow['state']>;
  readonly proof: Table<ReturnRow['proof']>;
}

const en: Codes = {
  role: { clerk: 'clerk', manager: 'manager', auditor: 'auditor', admin: 'administrator' },
  terminalRole: { kiosk: 'Kiosk', 'return-terminal': 'Return terminal' },
  terminal: {
    enrolling: 'Enrolling',
    active: 'Active',
    revoked: 'Revoked',
    decommissioned: 'Decommissioned',
  },
  drive: { empty: 'Empty', inserted: 'Medium inserted', busy: 'Busy', fault: 'Fault' },
  severity: { critical: 'Critical', warning: 'Warning', info: 'Notice' },
  order: {
    restart: 'Restart',
    lock: 'Lock or unlock',
    fetch_title: 'Fetch title',
    collect_logs: 'Collect logs',
    make_secure_medium: 'Make a secure medium',
  },
  command: {
    queued: 'Queued',
    sent: 'Sent',
    accepted: 'Accepted',
    running: 'Running',
    done: 'Done',
    failed: 'Failed',
    expired: 'Expired',
    cancelled: 'Cancelled',
  },
  letter: {
    dead: 'Cannot be applied',
    parked: 'Waits behind another',
    quarantined: 'Kept apart',
    applied: 'Applied',
    dismissed: 'Dismissed',
  },
  rental: {
    pending: 'Being written',
    active: 'Out',
    returning: 'Being returned',
    closed: 'Returned',
    held: 'Held',
    void: 'Void',
    kept: 'Kept for good',
    lost: 'Lost',
  },
  member: { active: 'Active', blocked: 'Blocked', deleted: 'Deleted' },
  reservation: {
    waiting: 'Waiting',
    paused: 'Paused',
    ready: 'Ready',
    collected: 'Collected',
    expired: 'Expired',
    cancelled: 'Cancelled',
  },
  phase: { single: 'Booked', pending: 'Reserved', posted: 'Settled', voided: 'Voided', expired: 'Expired' },
  kind: { film: 'Film', series: 'Series', music: 'Music', pictures: 'Pictures', text: 'Text', game: 'Game' },
  reason: {
    because_you_liked: 'Because of a title they liked',
    because_you_rented: 'Because of a title they rented',
    popular_here: 'Popular here',
    new_in_genre: 'New in a genre they like',
    reserved_ready: 'Their reservation is ready',
  },
  line: {
    first: 'First period',
    further: 'Further time',
    cap: 'Down to the cap',
    discount: 'Discount',
    coupon: 'Coupon',
    keep: 'Keep price',
    lost_fee: 'Fee for a lost medium',
  },
  outcome: {
    applied: 'Applied',
    confirmed: 'Confirmed',
    duplicate: 'Known already',
    already_returned: 'Was returned already',
    earlier_return_wins: 'An earlier return counts',
    to_staff: 'For staff to decide',
    no_effect: 'Changed nothing',
    closure_entered: 'Charge adjusted',
    due_moved: 'Due time moved',
  },
  step: {
    prepared: 'Prepared at the hub',
    started: 'Written and verified',
    held: 'Pulled while writing',
    held_settled_complete: 'Held copy found complete',
    held_wiped: 'Held copy wiped',
    held_unseen: 'Held copy never seen again',
    voided: 'Voided',
    pending_expired: 'Preparation expired',
    return_accepted: 'Return begun',
    slot_shown: 'Return begun earlier, as proven',
    return_abandoned: 'Return given up',
    destroyed: 'Key destroyed',
    keep_limit_passed: 'Keep limit passed',
    reported_lost: 'Reported lost',
    found_again: 'Found again',
    closure_entered: 'Closed days entered',
    exchanged: 'Exchanged for a free rental',
    refunded: 'Refunded',
    return_repeated: 'Returned copy seen again',
  },
  alert: alertWords.en,
  account: {
    member_receivable: 'Owed by members',
    member_prepaid: 'Prepaid by members',
    member_points: 'Members’ points',
    card_clearing: 'Taken by card',
    site_revenue: 'Revenue of shops',
    site_tax: 'Tax of shops',
    goodwill: 'Goodwill',
    points_cost: 'Cost of points',
    points_issued: 'Points issued',
    provider_payable: 'Owed to rights holders',
    house_cash: 'Cash',
  },
  cache: { fetching: 'Fetching', ready: 'Ready', dropped: 'Dropped', failed: 'Failed' },
  booking: {
    rental_charge: 'Rental',
    charge_corrected: 'Rental, corrected',
    charge_cancelled: 'Rental, cancelled',
    paid_points: 'Paid with points',
    paid_prepaid: 'Paid from the balance',
    paid_held_card: 'Paid by card on file',
    paid_card_reader: 'Paid by card',
    paid_in_too_much: 'Paid in too much',
    prepaid_topped_up: 'Balance topped up',
    amount_due_paid: 'Amount due paid',
    goodwill: 'Goodwill',
    refund: 'Refund',
    complaint_refund: 'Refund after a complaint',
    payment_undone: 'Payment undone',
    points_for_rental: 'Points for a rental',
    points_for_rating: 'Points for a rating',
    points_for_reservation: 'Points for a reservation',
    points_expired: 'Points expired',
    prepaid_paid_out: 'Balance paid out in cash',
    points_forfeited: 'Points given up',
  },
  licence: {
    ready: 'Not yet in force',
    active: 'In force',
    returned: 'Ended by the return',
    cancelled: 'Never came into force',
    revoked: 'Revoked',
  },
  claim: {
    'CLEAR-SLOT': 'Key overwritten and read back',
    PURGE: 'Key erased, signed by the medium itself',
  },
  readBack: {
    'power-cycle': 'After the port’s power was off',
    remount: 'After the medium was mounted again',
    'direct-io': 'Read directly from the device',
    'cache-dropped': 'After the cache was dropped',
  },
  returned: {
    opened: 'Put in',
    accepted: 'Accepted',
    intent: 'Being destroyed',
    destroyed: 'Key destroyed',
    abandoned: 'Given up',
  },
  proof: {
    pending: 'Still open',
    proven: 'Proven',
    mismatch: 'Does not fit',
    unchecked: 'Could not be checked',
  },
  binding: { none: 'Not bound', players: 'Bound to the member’s players' },
};

const ja: Codes = {
  role: { clerk: '窓口', manager: '店長', auditor: '監査役', admin: '管理者' },
  terminalRole: { kiosk: '貸出端末', 'return-terminal': '返却端末' },
  terminal: { enrolling: '登録中', active: '稼働', revoked: '失効', decommissioned: '撤去済み' },
  drive: { empty: '空', inserted: '媒体あり', busy: '動作中', fault: '故障' },
  severity: { critical: '重大', warning: '注意', info: 'お知らせ' },
  order: {
    restart: '再起動',
    lock: '停止・再開',
    fetch_title: '作品の取り込み',
    collect_logs: 'ログの収集',
    make_secure_medium: 'セキュア媒体の作成',
  },
  command: {
    queued: '送信待ち',
    sent: '送信済み',
    accepted: '受付済み',
    running: '実行中',
    done: '完了',
    failed: '失敗',
    expired: '期限切れ',
    cancelled: '取り消し',
  },
  letter: {
    dead: '処理できません',
    parked: '前の記録を待っています',
    quarantined: '隔離中',
    applied: '処理済み',
    dismissed: '除外済み',
  },
  rental: {
    pending: '書き込み中',
    active: '貸出中',
    returning: '返却中',
    closed: '返却済み',
    held: '保留',
    void: '無効',
    kept: '買い取り',
    lost: '紛失',
  },
  member: { active: '有効', blocked: '停止', deleted: '削除済み' },
  reservation: {
    waiting: '待機中',
    paused: '一時停止',
    ready: '受け取り可',
    collected: '受け取り済み',
    expired: '期限切れ',
    cancelled: '取り消し',
  },
  phase: { single: '計上', pending: '仮押さえ', posted: '確定', voided: '取り消し', expired: '期限切れ' },
  kind: { film: '映画', series: 'シリーズ', music: '音楽', pictures: '写真', text: '読み物', game: 'ゲーム' },
  reason: {
    because_you_liked: '高く評価した作品から',
    because_you_rented: '借りた作品から',
    popular_here: 'この店で人気',
    new_in_genre: '好みの分野の新作',
    reserved_ready: '予約した作品が受け取り可',
  },
  line: {
    first: '基本料金',
    further: '延長料金',
    cap: '上限による減額',
    discount: '割引',
    coupon: 'クーポン',
    keep: '買い取り価格',
    lost_fee: '媒体の紛失料',
  },
  outcome: {
    applied: '反映',
    confirmed: '確認',
    duplicate: '既知',
    already_returned: '返却済み',
    earlier_return_wins: '先の返却を採用',
    to_staff: 'スタッフの判断待ち',
    no_effect: '変更なし',
    closure_entered: '料金を調整',
    due_moved: '返却期限を変更',
  },
  step: {
    prepared: 'ハブで準備',
    started: '書き込みと照合が完了',
    held: '書き込み中に抜かれた',
    held_settled_complete: '保留の複製は完全と判明',
    held_wiped: '保留の複製を消去',
    held_unseen: '保留の複製が現れず',
    voided: '無効化',
    pending_expired: '準備の期限切れ',
    return_accepted: '返却を開始',
    slot_shown: '証明により、より早い返却開始を確認',
    return_abandoned: '返却を中止',
    destroyed: '鍵を破棄',
    keep_limit_passed: '買い取り期限を経過',
    reported_lost: '紛失の届け出',
    found_again: '発見',
    closure_entered: '休業日の登録',
    exchanged: '無料レンタルと交換',
    refunded: '返金',
    return_repeated: '返却済みの複製を再検出',
  },
  alert: alertWords.ja,
  account: {
    member_receivable: '会員への請求',
    member_prepaid: '会員の前払い',
    member_points: '会員のポイント',
    card_clearing: 'カード入金',
    site_revenue: '店舗の売上',
    site_tax: '店舗の税',
    goodwill: '補償',
    points_cost: 'ポイントの費用',
    points_issued: '発行ポイント',
    provider_payable: '権利者への支払い',
    house_cash: '現金',
  },
  cache: { fetching: '取り込み中', ready: '準備完了', dropped: '削除済み', failed: '失敗' },
  booking: {
    rental_charge: 'レンタル料',
    charge_corrected: 'レンタル料の訂正',
    charge_cancelled: 'レンタル料の取り消し',
    paid_points: 'ポイント払い',
    paid_prepaid: '残高払い',
    paid_held_card: '登録カード払い',
    paid_card_reader: 'カード払い',
    paid_in_too_much: '払い過ぎ',
    prepaid_topped_up: '残高への入金',
    amount_due_paid: '未払いの入金',
    goodwill: '補償',
    refund: '返金',
    complaint_refund: '苦情による返金',
    payment_undone: '支払いの取り消し',
    points_for_rental: '貸出ポイント',
    points_for_rating: '評価ポイント',
    points_for_reservation: '予約ポイント',
    points_expired: 'ポイントの失効',
    prepaid_paid_out: '残高の現金払い戻し',
    points_forfeited: 'ポイントの放棄',
  },
  licence: {
    ready: '未発効',
    active: '有効',
    returned: '返却により終了',
    cancelled: '発効せず',
    revoked: '失効',
  },
  claim: {
    'CLEAR-SLOT': '鍵を上書きし、読み直して確認',
    PURGE: '鍵を消去（媒体自身の署名あり）',
  },
  readBack: {
    'power-cycle': 'ポートの電源を切った後',
    remount: '再マウントした後',
    'direct-io': '装置から直接読み取り',
    'cache-dropped': 'キャッシュを捨てた後',
  },
  returned: {
    opened: '挿入',
    accepted: '受付',
    intent: '破棄中',
    destroyed: '鍵を破棄',
    abandoned: '中止',
  },
  proof: {
    pending: '未確認',
    proven: '証明済み',
    mismatch: '一致しない',
    unchecked: '確認できず',
  },
  binding: { none: '制限なし', players: '会員の再生機に限定' },
};

export const codes = { en, ja };
/** The word of an open set, or the code itself where nobody worded it yet. */
export const worded = (table: Readonly<Record<string, string>>, code: string): string => table[code] ?? code;
