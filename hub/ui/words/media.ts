import type { SameWords } from '#shared/ui/i18n.ts';

const en = {
  heading: 'Secure media',
  line: 'Media with a controller of their own that this fleet has certified.',
  none: 'No secure medium was certified yet.',
  noneFound: 'No medium has this number.',
  find: 'Number of the medium',
  make: 'Make a secure medium',
  makeText:
    'Put the blank secure medium into the kiosk first. The kiosk begins as soon as nobody uses it, within 15 minutes; until then leave the medium in. How it goes is on the kiosk’s own page.',
  kiosk: 'Kiosk',
  noKiosk: 'No kiosk is part of the fleet now.',
  ordered: (kiosk: string) => `Ordered from ${kiosk}.`,
  medium: 'Medium',
  state: 'State',
  good: 'In use',
  revoked: 'Revoked',
  since: 'Certified',
  by: 'By',
  at: 'At',
  elsewhere: 'Not at a kiosk',
  act: 'Change',
  revoke: 'Revoke',
  revokeText:
    'For a controller that was stolen, copied or is broken. Titles that need a secure medium are no longer written onto it. What its member has on it can still be watched and returned. This cannot be undone.',
  reason: 'Reason',
  done: (medium: string) => `The controller of ${medium} is revoked.`,
};

const ja: SameWords<typeof en> = {
  heading: 'セキュア媒体',
  line: 'このフリートが登録した、専用コントローラー付きの媒体です。',
  none: '登録されたセキュア媒体はまだありません。',
  noneFound: 'この番号の媒体はありません。',
  find: '媒体の番号',
  make: 'セキュア媒体を作成',
  makeText:
    '先に未使用のセキュア媒体をキオスクに挿入してください。利用者がいなくなり次第、15分以内に作成を始めます。それまで媒体は抜かないでください。進み具合はキオスクのページで確認できます。',
  kiosk: 'キオスク',
  noKiosk: '現在使えるキオスクがありません。',
  ordered: (kiosk: string) => `${kiosk} に作成を指示しました。`,
  medium: '媒体',
  state: '状態',
  good: '使用中',
  revoked: '失効',
  since: '登録日時',
  by: '担当者',
  at: '場所',
  elsewhere: 'キオスク以外',
  act: '変更',
  revoke: '失効させる',
  revokeText:
    '盗難・複製・故障のあったコントローラーに使います。セキュア媒体が必要な作品は、この媒体に書き込まれなくなります。会員の手元のコピーは引き続き視聴・返却できます。取り消しはできません。',
  reason: '理由',
  done: (medium: string) => `${medium} のコントローラーを失効させました。`,
};

export type MediaWords = SameWords<typeof en>;
export const media = { en, ja };
