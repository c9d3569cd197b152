import type { TroubleCode } from '../trouble.ts';
import type { TroubleWords } from './troubles-en.ts';

export const troublesDe: Readonly<Record<TroubleCode, TroubleWords>> = {
  medium_missing: {
    heading: 'Kein Medium',
    text: 'Stecken Sie Ihren USB-Stick oder Ihr Laufwerk ein.',
  },
  medium_foreign: {
    heading: 'Von einem anderen Verleih',
    text: 'Dieses Medium hat jemand anders eingerichtet. Geben Sie es dort zurück, wo Sie geliehen haben. Nichts darauf wurde verändert.',
  },
  medium_counterfeit: {
    heading: 'Nicht als unser Medium erkannt',
    text: 'Dieses Medium kann nicht beweisen, dass es von uns ist. Nichts wurde zurückgegeben und nichts berechnet. Das Personal kann es prüfen.',
  },
  medium_read_only: {
    heading: 'Schreibgeschützt',
    text: 'Der Schlüssel darauf lässt sich nicht überschreiben. Öffnen Sie den Schreibschutz und stecken Sie es neu ein.',
  },
  medium_pulled: {
    heading: 'Zu früh herausgezogen',
    text: 'Das Medium wurde herausgezogen, bevor die Rückgabe bewiesen war. Stecken Sie es hier oder an einem anderen Rückgabeautomaten noch einmal ein.',
  },
  medium_swapped: {
    heading: 'Ein anderes Medium',
    text: 'Das ist nicht das Medium vom Anfang. Stecken Sie das erste wieder ein, um seine Rückgabe abzuschließen.',
  },
  medium_damaged: {
    heading: 'Medium nicht lesbar',
    text: 'Was darauf steht, ist beschädigt oder verändert. Es wurde nichts berechnet. Das Personal kann es prüfen.',
  },
  medium_io_error: {
    heading: 'Das Medium meldet einen Fehler',
    text: 'Lesen oder Schreiben ist misslungen. Ziehen Sie es heraus und stecken Sie es neu ein, oder gehen Sie zu einem anderen Rückgabeautomaten.',
  },
  medium_too_many_copies: {
    heading: 'Zu viele Kopien',
    text: 'Auf diesem Medium ist mehr, als wir je schreiben. Das Personal kann es prüfen.',
  },
  copy_held: {
    heading: 'Noch nicht geklärt',
    text: 'Dieser Titel wurde im letzten Moment aus dem Ausleihautomaten gezogen. Er kostet nichts. Stecken Sie das Medium in einen Ausleihautomaten: er klärt es sofort.',
  },
  copy_damaged: {
    heading: 'Diese Kopie ist nicht lesbar',
    text: 'Ihre Lizenz oder ihr Schlüssel ist beschädigt. Hier wurde nichts berechnet. Das Personal kann es klären.',
  },
  copy_kept: {
    heading: 'Dieser Titel gehört Ihnen',
    text: 'Sein Kaufpreis ist bezahlt. Es gibt nichts zurückzugeben: viel Vergnügen.',
  },
  copy_already_returned: {
    heading: 'Schon zurückgegeben',
    text: 'Der Schlüssel dieser Kopie ist schon vernichtet. Es gibt nichts zu zahlen.',
  },
  slot_not_destroyed: {
    heading: 'Der Schlüssel ließ sich nicht vernichten',
    text: 'Nach dem Überschreiben wurde etwas anderes zurückgelesen. Es wurde nichts berechnet. Ihre Rückgabezeit bleibt: versuchen Sie es hier oder anderswo noch einmal.',
  },
  return_torn: {
    heading: 'Die Rückgabe wurde unterbrochen',
    text: 'Sie ist begonnen und nicht bewiesen. Ihre Rückgabezeit bleibt. Stecken Sie das Medium hier oder an einem anderen Rückgabeautomaten noch einmal ein; bis dahin wird nichts berechnet.',
  },
  return_abandoned: {
    heading: 'Nicht zurückgegeben',
    text: 'Das Medium wurde herausgezogen, bevor sein Schlüssel angerührt war. Es bleibt geliehen, und der Zähler läuft weiter. Es wurde nichts berechnet.',
  },
  tariff_missing: {
    heading: 'Der Preis lässt sich nicht berechnen',
    text: 'Der Tarif dieser Kopie fehlt oder ist nicht lesbar. Es wurde nichts berechnet. Bitte versuchen Sie es später, oder fragen Sie das Personal.',
  },
  quote_over: {
    heading: 'Der Preis wurde neu erfragt',
    text: 'Er war zu alt. Bitte sehen Sie ihn noch einmal an.',
  },
  card_declined: {
    heading: 'Die Karte wurde abgelehnt',
    text: 'Versuchen Sie eine andere Karte, oder geben Sie jetzt zurück und zahlen Sie später.',
  },
  card_timeout: {
    heading: 'Keine Karte vorgehalten',
    text: 'Versuchen Sie es noch einmal, oder geben Sie jetzt zurück und zahlen Sie später.',
  },
  card_pulled: {
    heading: 'Die Karte war zu früh weg',
    text: 'Versuchen Sie es noch einmal, oder geben Sie jetzt zurück und zahlen Sie später.',
  },
  card_unknown_outcome: {
    heading: 'Keine Antwort von der Bank',
    text: 'Sie zahlen nie doppelt: wurde der Betrag reserviert, wird er freigegeben.',
  },
  card_reader_away: {
    heading: 'Der Kartenleser antwortet nicht',
    text: 'Geben Sie jetzt zurück und zahlen Sie später; der Betrag bleibt auf Ihrem Konto offen.',
  },
  member_unknown: {
    heading: 'Wir kennen dieses Medium nicht',
    text: 'Punkte lassen sich damit nicht einsetzen.',
  },
  pin_wrong: {
    heading: 'Falsche PIN',
    text: 'Bitte versuchen Sie es noch einmal, oder machen Sie ohne Punkte weiter.',
  },
  pin_locked: {
    heading: 'Die PIN ist gesperrt',
    text: 'Sie war fünfmal falsch. Das Personal kann sie zurücksetzen. Zurückgeben können Sie auch ohne.',
  },
  member_blocked: {
    heading: 'Ihr Konto ist gesperrt',
    text: 'Punkte und Guthaben gehen gerade nicht. Zurückgeben können Sie trotzdem. Bitte fragen Sie das Personal.',
  },
  hub_away: {
    heading: 'Zurzeit keine Verbindung',
    text: 'Punkte und Guthaben gehen gerade nicht. Die Rückgabe geht trotzdem.',
  },
  terminal_leaving: {
    heading: 'Außer Betrieb',
    text: 'Dieser Automat wird endgültig außer Betrieb genommen. Bitte nehmen Sie einen anderen.',
  },
  terminal_locked: {
    heading: 'Außer Betrieb',
    text: 'Das Personal hat diesen Automaten gesperrt. Bitte nehmen Sie einen anderen.',
  },
  terminal_restarting: {
    heading: 'Dieser Automat startet neu',
    text: 'Eine Rückgabe, die gerade läuft, wird fertig: Lassen Sie Ihr Medium stecken, bis Sie den Beleg sehen. Sonst nehmen Sie Ihr Medium heraus, es wurde nichts berechnet, und stecken Sie es in ein paar Minuten wieder ein.',
  },
  printer_away: {
    heading: 'Der Drucker druckt nicht',
    text: 'Ihre Rückgabe zählt. Scannen Sie den Code auf dem Bildschirm, um den Beleg zu behalten.',
  },
  refused: {
    heading: 'Das geht nicht',
    text: 'Es wurde nichts berechnet. Das Personal hilft mit dem Code unten.',
  },
};
