import type { Receipt } from '#shared/media/receipt.ts';

const RECEIPT_LANGUAGES = ['en', 'ja', 'de'] as const;
export type ReceiptLanguage = (typeof RECEIPT_LANGUAGES)[number];

/** What a customer reads who checks a printed receipt (RET-4). "Erased" is said of `PURGE` only. */
export interface ReceiptWords {
  readonly unknown: string;
  readonly unknownText: string;
  readonly invalid: string;
  readonly invalidText: string;
  readonly genuine: string;
  readonly claim: Readonly<Record<Receipt['claim'], string>>;
  readonly returned: string;
  readonly destroyed: string;
  readonly readBack: string;
  readonly readBackBy: Readonly<Record<Receipt['readBack'], string>>;
  readonly terminal: string;
  readonly number: (terminal: string, counter: number) => string;
  readonly copy: string;
  readonly log: string;
  readonly logged: (place: number, size: number) => string;
  readonly notYetLogged: string;
  readonly download: string;
}

export const RECEIPT_WORDS: Readonly<Record<ReceiptLanguage, ReceiptWords>> = {
  en: {
    unknown: 'No such receipt',
    unknownText:
      'We know no receipt of this number. A receipt made while the terminal had no connection appears here once the terminal has reported it.',
    invalid: 'Receipt not valid',
    invalidText: 'The signature of this receipt does not hold.',
    genuine: 'Receipt is genuine',
    claim: {
      'CLEAR-SLOT':
        'A copy of the key was on the medium; its slot was overwritten and read back. This does not prove that nobody copied the key before.',
      PURGE: 'The key was erased: the medium’s own controller signed that it is gone.',
    },
    returned: 'Returned',
    destroyed: 'Key destroyed',
    readBack: 'Read back',
    readBackBy: {
      'power-cycle': 'after taking power off the port',
      remount: 'after mounting the medium again',
      'direct-io': 'by reading directly from the device',
      'cache-dropped': 'after dropping what the terminal had cached',
    },
    terminal: 'Terminal',
    number: (terminal, counter) => `${terminal}, receipt ${counter}`,
    copy: 'Copy',
    log: 'In the signed log',
    logged: (place, size) =>
      `This receipt is entry ${place} of ${size} in the log that we sign. Nobody, not even we, can change or remove it there without being noticed.`,
    notYetLogged:
      'This receipt is entered into our signed log within a few minutes. Please look again later.',
    download: 'Download the proof',
  },
  ja: {
    unknown: '受領書が見つかりません',
    unknownText:
      'この番号の受領書は登録されていません。端末がオフラインのときに発行された受領書は、端末から報告された後に表示されます。',
    invalid: '無効な受領書',
    invalidText: 'この受領書の署名は正しくありません。',
    genuine: '本物の受領書です',
    claim: {
      'CLEAR-SLOT':
        'メディアにあった鍵の場所を上書きし、読み戻して確認しました。それ以前に鍵が複製されていないことの証明ではありません。',
      PURGE: '鍵は消去されました。メディア自身のコントローラーが、鍵がなくなったことに署名しています。',
    },
    returned: '返却日時',
    destroyed: '鍵の破棄日時',
    readBack: '読み戻しの方法',
    readBackBy: {
      'power-cycle': 'ポートの電源を切った後',
      remount: 'メディアを接続し直した後',
      'direct-io': '装置から直接読み取り',
      'cache-dropped': '端末の一時記憶を消した後',
    },
    terminal: '端末',
    number: (terminal, counter) => `${terminal}、受領書番号 ${counter}`,
    copy: '複製の番号',
    log: '署名付きの記録簿',
    logged: (place, size) =>
      `この受領書は、署名付き記録簿の全${size}件のうち${place}件目です。当社を含め誰も、気付かれずに変更や削除をすることはできません。`,
    notYetLogged: 'この受領書は数分以内に署名付き記録簿に登録されます。後でもう一度ご確認ください。',
    download: '証明をダウンロード',
  },
  de: {
    unknown: 'Kein solcher Beleg',
    unknownText:
      'Wir kennen keinen Beleg mit dieser Nummer. Ein Beleg, der ohne Verbindung entstand, erscheint hier, sobald der Automat ihn gemeldet hat.',
    invalid: 'Beleg nicht gültig',
    invalidText: 'Die Signatur dieses Belegs stimmt nicht.',
    genuine: 'Der Beleg ist echt',
    claim: {
      'CLEAR-SLOT':
        'Auf dem Medium war eine Kopie des Schlüssels; ihr Platz wurde überschrieben und zurückgelesen. Ob der Schlüssel vorher kopiert wurde, beweist das nicht.',
      PURGE: 'Der Schlüssel ist gelöscht: das Medium selbst hat signiert, dass er nicht mehr da ist.',
    },
    returned: 'Zurückgegeben',
    destroyed: 'Schlüssel vernichtet',
    readBack: 'Zurückgelesen',
    readBackBy: {
      'power-cycle': 'nachdem der Strom des Anschlusses aus war',
      remount: 'nach neuem Einhängen des Mediums',
      'direct-io': 'direkt vom Gerät',
      'cache-dropped': 'nachdem der Zwischenspeicher des Automaten geleert war',
    },
    terminal: 'Automat',
    number: (terminal, counter) => `${terminal}, Beleg ${counter}`,
    copy: 'Kopie',
    log: 'Im signierten Verzeichnis',
    logged: (place, size) =>
      `Dieser Beleg ist Eintrag ${place} von ${size} in dem Verzeichnis, das wir signieren. Niemand, auch wir nicht, kann ihn dort unbemerkt ändern oder entfernen.`,
    notYetLogged:
      'Dieser Beleg wird in wenigen Minuten in unser signiertes Verzeichnis eingetragen. Bitte sehen Sie später noch einmal nach.',
    download: 'Beweis herunterladen',
  },
};

/** The language asked for, else the browser's first that there are words for. */
export function receiptLanguage(asked: string | undefined, accepted: string | undefined): ReceiptLanguage {
  const known = (tag: string): ReceiptLanguage | null =>
    RECEIPT_LANGUAGES.find((language) => tag.startsWith(language)) ?? null;
  if (asked !== undefined) return known(asked.toLowerCase()) ?? 'en';
  for (const tag of (accepted ?? '').slice(0, 200).toLowerCase().split(',')) {
    const language = known(tag.trim());
    if (language !== null) return language;
  }
  return 'en';
}
