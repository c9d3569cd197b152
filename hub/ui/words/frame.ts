import type { SameWords } from '#shared/ui/i18n.ts';

/** What stands around every page: theme, person, keyboard, what was just done. */
const en = {
  theme: { label: 'Appearance', system: 'As the system', light: 'Paper', dark: 'Ink' },
  fold: 'Smaller list of pages',
  unfold: 'List of pages with names',
  pages: 'Pages',
  person: (name: string) => `${name}: account, language, appearance`,
  account: 'Account, sessions, second factor',
  asOf: (time: string) =>
    `The hub is away. What you see is from ${time}; it is read again as soon as the hub is back.`,
  undo: 'Undo',
  dismiss: 'Close this note',
};

const ja: SameWords<typeof en> = {
  theme: { label: '外観', system: 'システムに合わせる', light: '紙', dark: '墨' },
  fold: 'ページ一覧を小さくする',
  unfold: 'ページ一覧を名前付きで表示する',
  pages: 'ページ一覧',
  person: (name: string) => `${name}：アカウント、言語、外観`,
  account: 'アカウント、セッション、二要素認証',
  asOf: (time: string) => `ハブが応答しません。表示は${time}のものです。ハブが戻り次第、自動で読み直します。`,
  undo: '元に戻す',
  dismiss: 'この知らせを閉じる',
};

const de: SameWords<typeof en> = {
  theme: { label: 'Erscheinung', system: 'Wie das System', light: 'Papier', dark: 'Tinte' },
  fold: 'Seitenliste verkleinern',
  unfold: 'Seitenliste mit Namen zeigen',
  pages: 'Seiten',
  person: (name: string) => `${name}: Konto, Sprache, Erscheinung`,
  account: 'Konto, Sitzungen, zweiter Faktor',
  asOf: (time: string) =>
    `Die Zentrale antwortet nicht. Was Sie sehen, ist von ${time}; es wird neu gelesen, sobald sie wieder da ist.`,
  undo: 'Rückgängig',
  dismiss: 'Hinweis schließen',
};

export const frame = { en, ja, de };
