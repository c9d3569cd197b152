import { type Language, plural, type SameWords } from './i18n.ts';

/** Words that every touch screen has around its own: the frame's, in each language. */
const en = {
  skip: 'To the content',
  back: 'Back',
  finish: 'Finish',
  language: 'Language',
  code: 'Code for the staff:',
  understood: 'Understood',
  starting: 'One moment, please',
  startingText: 'This machine is starting again. What you have rented or returned is safe.',
  idle: 'Are you still there?',
  stay: 'I am still here',
  secondsLeft: (count: number) =>
    plural('en', count, { one: '1 second left', other: `${count} seconds left` }),
  triesLeft: (count: number) => plural('en', count, { one: '1 try left.', other: `${count} tries left.` }),
  comfort: 'Easier to see and reach',
  comfortText: 'Until you finish.',
  contrast: 'More contrast',
  large: 'Larger letters',
  low: 'Everything lower down',
  on: 'On',
  off: 'Off',
  close: 'Close',
};

const ja: SameWords<typeof en> = {
  skip: '本文へ',
  back: '戻る',
  finish: '終了',
  language: '言語',
  code: '係員用コード:',
  understood: '閉じる',
  starting: '少々お待ちください',
  startingText: '再起動しています。レンタルと返却の記録は守られています。',
  idle: 'まだご利用中ですか',
  stay: '続ける',
  secondsLeft: (count) => `あと${count}秒`,
  triesLeft: (count) => `あと${count}回入力できます。`,
  comfort: '見やすさ・届きやすさ',
  comfortText: '終了するまで有効です。',
  contrast: 'くっきり表示',
  large: '大きい文字',
  low: '画面の下側に表示',
  on: 'オン',
  off: 'オフ',
  close: '閉じる',
};

const de: SameWords<typeof en> = {
  skip: 'Zum Inhalt',
  back: 'Zurück',
  finish: 'Beenden',
  language: 'Sprache',
  code: 'Code für das Personal:',
  understood: 'Verstanden',
  starting: 'Einen Moment, bitte',
  startingText: 'Dieser Automat startet neu. Was Sie geliehen oder zurückgegeben haben, ist sicher.',
  idle: 'Sind Sie noch da?',
  stay: 'Ich bin noch da',
  secondsLeft: (count) => plural('de', count, { one: 'noch 1 Sekunde', other: `noch ${count} Sekunden` }),
  triesLeft: (count) => plural('de', count, { one: 'Noch 1 Versuch.', other: `Noch ${count} Versuche.` }),
  comfort: 'Besser sehen und erreichen',
  comfortText: 'Bis Sie beenden.',
  contrast: 'Mehr Kontrast',
  large: 'Größere Schrift',
  low: 'Alles weiter unten',
  on: 'An',
  off: 'Aus',
  close: 'Schließen',
};

export type FrameWords = SameWords<typeof en>;
export const FRAME_WORDS: Readonly<Record<Language, FrameWords>> = { en, ja, de };
