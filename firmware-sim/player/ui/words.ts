import type { Language, SameWords } from '#shared/ui/i18n.ts';
import type { RefusalCode } from '../shelf.ts';

const refusals: Readonly<Record<RefusalCode, string>> = {
  copy_returned: 'Returned. Its key was destroyed; to see it again, rent it again.',
  copy_expired: 'The licence has ended. Please return the medium at any return terminal.',
  copy_revoked: 'This copy was reported lost and does not open any more.',
  copy_not_confirmed:
    'The kiosk could not confirm this copy. Put the medium into a kiosk once more: nothing was charged.',
  copy_not_for_this_player: 'This copy is bound to other players of its member.',
  copy_damaged: 'This copy is damaged. Tell the shop: they see what is known of it and help.',
  copy_foreign: 'This copy was made by another rental fleet.',
  copy_signer_revoked:
    'This copy was made by a kiosk that no longer belongs to the rental service. Please ask at a shop.',
  copy_unknown: 'This copy is not on the medium any more.',
  player_revoked: 'This player was removed from its member’s players. Add it again at a kiosk.',
  clock_set_back: 'The clock of this player was set back. Set it right, then the copy opens.',
  medium_missing: 'The medium was pulled. Insert it again to go on.',
  medium_foreign: 'This medium belongs to another rental fleet.',
  medium_unreadable: 'The medium cannot be read. Pull it and insert it again.',
};

const en = {
  name: 'Player',
  language: 'Language',
  shelf: 'On this medium',
  insert: 'Insert your medium',
  insertText: 'Titles that you rented appear here.',
  blank: 'Nothing rented on this medium yet',
  foreign: 'This medium belongs to another rental fleet',
  unreadable: 'This medium cannot be read',
  lost: 'The player does not answer. One moment…',
  play: 'Open',
  back: 'Back to the shelf',
  noEnd: 'Yours to keep: no end date',
  ends: (when: string) => `Until ${when}`,
  bytes: (size: string) => size,
  trouble: 'Playing stopped',
  damagedHere: 'A part of this copy is damaged; nothing behind it is shown.',
  pairing: 'Pair this player',
  pairingText: 'Some titles open on your own players only. Type this code at a kiosk, under “My things”:',
  pairingUntil: (when: string) => `Good until ${when}.`,
  registered: 'This player is yours.',
  noHub: 'The centre cannot be reached now. Your medium carries this player’s name to the kiosk, too.',
  refusals,
};

const ja: SameWords<typeof en> = {
  name: 'プレーヤー',
  language: '言語',
  shelf: 'このメディアの作品',
  insert: 'メディアを挿入してください',
  insertText: 'レンタル中の作品がここに表示されます。',
  blank: 'このメディアにはレンタル作品がありません',
  foreign: '別のレンタル店グループのメディアです',
  unreadable: 'メディアを読み取れません',
  lost: 'プレーヤーが応答しません。少々お待ちください…',
  play: '開く',
  back: '棚に戻る',
  noEnd: 'お客様のものです（期限なし）',
  ends: (when) => `${when}まで`,
  bytes: (size) => size,
  trouble: '再生が止まりました',
  damagedHere: 'この作品の一部が壊れているため、これより先は表示されません。',
  pairing: 'このプレーヤーを登録する',
  pairingText:
    '一部の作品はご自分のプレーヤーでのみ開けます。キオスクの「マイページ」でこのコードを入力してください:',
  pairingUntil: (when) => `${when}まで有効です。`,
  registered: 'このプレーヤーは登録済みです。',
  noHub: 'センターに接続できません。メディアを使ってもキオスクで登録できます。',
  refusals: {
    copy_returned: '返却済みです。鍵は破棄されました。もう一度見るには、再度レンタルしてください。',
    copy_expired: 'ライセンスの期限が切れました。お近くの返却機でご返却ください。',
    copy_revoked: '紛失の届け出があったため、このコピーは開けません。',
    copy_not_confirmed:
      'キオスクでの確認が終わっていません。もう一度キオスクに挿入してください。料金は発生していません。',
    copy_not_for_this_player: 'このコピーは会員の別のプレーヤー専用です。',
    copy_damaged: 'このコピーは壊れています。お店にお知らせください。',
    copy_foreign: '別のレンタル店グループで作られたコピーです。',
    copy_signer_revoked:
      'このコピーを書き込んだキオスクは、現在レンタルサービスで使われていません。店舗にお尋ねください。',
    copy_unknown: 'このコピーはもうメディアにありません。',
    player_revoked: 'このプレーヤーは会員のプレーヤーから外されています。キオスクで追加し直してください。',
    clock_set_back: 'プレーヤーの時計が戻されています。正しい時刻に合わせると開けます。',
    medium_missing: 'メディアが抜かれました。もう一度挿入してください。',
    medium_foreign: '別のレンタル店グループのメディアです。',
    medium_unreadable: 'メディアを読み取れません。抜いて、もう一度挿入してください。',
  },
};

const de: SameWords<typeof en> = {
  name: 'Abspielgerät',
  language: 'Sprache',
  shelf: 'Auf diesem Medium',
  insert: 'Stecken Sie Ihr Medium ein',
  insertText: 'Hier erscheinen die Titel, die Sie geliehen haben.',
  blank: 'Auf diesem Medium ist noch nichts geliehen',
  foreign: 'Dieses Medium gehört einem anderen Verleih',
  unreadable: 'Dieses Medium ist nicht lesbar',
  lost: 'Das Abspielgerät antwortet nicht. Einen Moment …',
  play: 'Öffnen',
  back: 'Zurück zum Regal',
  noEnd: 'Gehört Ihnen: ohne Enddatum',
  ends: (when) => `Bis ${when}`,
  bytes: (size) => size,
  trouble: 'Die Wiedergabe wurde angehalten',
  damagedHere: 'Ein Teil dieser Kopie ist beschädigt; was dahinter liegt, wird nicht gezeigt.',
  pairing: 'Dieses Abspielgerät anmelden',
  pairingText:
    'Manche Titel öffnen nur auf Ihren eigenen Abspielgeräten. Geben Sie diesen Code am Ausleihautomaten unter „Meine Titel“ ein:',
  pairingUntil: (when) => `Gültig bis ${when}.`,
  registered: 'Dieses Abspielgerät ist Ihres.',
  noHub:
    'Die Zentrale ist gerade nicht erreichbar. Auch Ihr Medium bringt den Namen dieses Geräts zum Automaten.',
  refusals: {
    copy_returned: 'Zurückgegeben. Der Schlüssel ist vernichtet; zum Wiedersehen leihen Sie den Titel neu.',
    copy_expired: 'Die Lizenz ist abgelaufen. Bitte geben Sie das Medium an einem Rückgabeautomaten zurück.',
    copy_revoked: 'Diese Kopie wurde als verloren gemeldet und öffnet nicht mehr.',
    copy_not_confirmed:
      'Der Automat konnte diese Kopie nicht bestätigen. Stecken Sie das Medium noch einmal in einen Ausleihautomaten: es kostet nichts.',
    copy_not_for_this_player: 'Diese Kopie ist an andere Abspielgeräte ihres Mitglieds gebunden.',
    copy_damaged:
      'Diese Kopie ist beschädigt. Sagen Sie es im Laden: dort sieht man, was bekannt ist, und hilft.',
    copy_foreign: 'Diese Kopie stammt von einem anderen Verleih.',
    copy_signer_revoked:
      'Diese Kopie stammt von einem Automaten, der nicht mehr zum Verleih gehört. Bitte fragen Sie im Laden.',
    copy_unknown: 'Diese Kopie ist nicht mehr auf dem Medium.',
    player_revoked:
      'Dieses Abspielgerät wurde von seinem Mitglied abgemeldet. Melden Sie es an einem Ausleihautomaten neu an.',
    clock_set_back:
      'Die Uhr dieses Abspielgeräts wurde zurückgestellt. Stellen Sie sie richtig, dann öffnet die Kopie.',
    medium_missing: 'Das Medium wurde herausgezogen. Stecken Sie es wieder ein, dann geht es weiter.',
    medium_foreign: 'Dieses Medium gehört einem anderen Verleih.',
    medium_unreadable: 'Das Medium ist nicht lesbar. Ziehen Sie es heraus und stecken Sie es neu ein.',
  },
};

export type PlayerWords = typeof en;
export const WORDS: Readonly<Record<Language, PlayerWords>> = { en, ja, de };
