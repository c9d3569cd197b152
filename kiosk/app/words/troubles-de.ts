import type { TroubleCode } from '../trouble.ts';
import type { TroubleWords } from './troubles-en.ts';

export const troublesDe: Readonly<Record<TroubleCode, TroubleWords>> = {
  medium_missing: {
    heading: 'Kein Medium',
    text: 'Stecken Sie Ihren USB-Stick oder Ihr Laufwerk ein, dann geht es weiter.',
  },
  medium_foreign: {
    heading: 'Von einem anderen Verleih',
    text: 'Dieses Medium wurde von einem anderen Verleih eingerichtet. Nehmen Sie eines von uns oder ein leeres.',
  },
  medium_counterfeit: {
    heading: 'Nicht als unser Medium erkannt',
    text: 'Dieses Medium kann nicht beweisen, dass es von uns ist. Nichts wurde geschrieben. Nehmen Sie ein anderes; das Personal kann es prüfen.',
  },
  medium_full: {
    heading: 'Zu wenig Platz',
    text: 'Auf Ihrem Medium ist zu wenig frei. Nehmen Sie einen Titel aus dem Warenkorb, geben Sie etwas zurück, oder nehmen Sie ein größeres Medium.',
  },
  medium_read_only: {
    heading: 'Schreibgeschützt',
    text: 'Auf dieses Medium lässt sich nichts schreiben. Öffnen Sie seinen Schreibschutz, oder nehmen Sie ein anderes.',
  },
  medium_file_too_large: {
    heading: 'Die Datei ist zu groß für dieses Medium',
    text: 'Sein Dateisystem (FAT32) fasst keine Datei ab 4 GB. Nehmen Sie ein Medium, das mit exFAT formatiert ist.',
  },
  medium_copies_on_write: {
    heading: 'Dieses Format geht nicht',
    text: 'Auf diesem Dateisystem ließe sich ein Schlüssel später nicht vernichten. Nehmen Sie ein Medium, das mit exFAT formatiert ist.',
  },
  medium_pulled: {
    heading: 'Zu früh herausgezogen',
    text: 'Das Medium wurde herausgezogen, bevor die Kopie fertig war. Nichts Lesbares ist darauf, und es kostet nichts.',
  },
  medium_swapped: {
    heading: 'Ein anderes Medium',
    text: 'Das ist nicht das Medium vom Anfang. Melden Sie sich neu an, oder stecken Sie das erste wieder ein.',
  },
  medium_damaged: {
    heading: 'Medium nicht lesbar',
    text: 'Was darauf steht, ist beschädigt oder verändert. Versuchen Sie ein anderes; das Personal kann dieses prüfen.',
  },
  medium_too_slow: {
    heading: 'Das Medium ist zu langsam',
    text: 'Das Schreiben würde zu lange dauern. Es kostet nichts. Nehmen Sie ein schnelleres Medium.',
  },
  medium_too_many_copies: {
    heading: 'Zu viele Kopien',
    text: 'Mehr Kopien fasst dieses Medium nicht. Geben Sie zuerst welche zurück, oder nehmen Sie ein anderes.',
  },
  medium_io_error: {
    heading: 'Das Medium meldet einen Fehler',
    text: 'Lesen oder Schreiben ist misslungen. Es kostet nichts. Ziehen Sie es heraus und stecken Sie es neu ein, oder nehmen Sie ein anderes.',
  },
  copy_held: {
    heading: 'Im letzten Moment herausgezogen',
    text: 'Der Schlüssel ist vielleicht schon auf Ihrem Medium. Es kostet nichts. Stecken Sie es hier oder an einem anderen Ausleihautomaten noch einmal ein; wir klären es sofort.',
  },
  write_failed: {
    heading: 'Die Kopie hat die Prüfung nicht bestanden',
    text: 'Beim Zurücklesen stimmte sie nicht und wurde entfernt. Es kostet nichts. Bitte versuchen Sie es noch einmal.',
  },
  write_aborted: {
    heading: 'Nicht begonnen',
    text: 'Das Medium war nicht mehr da. Dieser Titel wurde nicht geschrieben und kostet nichts.',
  },
  sign_in_refused: {
    heading: 'Nummer oder PIN stimmt nicht',
    text: 'Prüfen Sie beides und versuchen Sie es noch einmal. Nach fünf falschen PINs wird ein Konto gesperrt; das Personal hilft.',
  },
  sign_in_paused: {
    heading: 'Nummern machen kurz Pause',
    text: 'Hier gab es zu viele falsche Nummern oder PINs. Ihr eigenes Medium mit PIN geht weiter; oder versuchen Sie es in einer Viertelstunde.',
  },
  pin_wrong: { heading: 'Falsche PIN', text: 'Bitte versuchen Sie es noch einmal.' },
  pin_locked: {
    heading: 'Die PIN ist gesperrt',
    text: 'Sie war fünfmal falsch. Das Personal kann sie zurücksetzen.',
  },
  session_over: {
    heading: 'Bitte neu anmelden',
    text: 'Zu Ihrer Sicherheit wurde Ihre Anmeldung beendet.',
  },
  amount_due_open: {
    heading: 'Ein Betrag ist noch offen',
    text: 'Sobald er bezahlt ist, können Sie wieder ausleihen. Zahlen können Sie hier mit Karte.',
  },
  held_rental_open: {
    heading: 'Eine Kopie ist noch nicht geklärt',
    text: 'Eines Ihrer Medien wurde während des Schreibens herausgezogen. Stecken Sie es hier ein; dann können Sie wieder ausleihen.',
  },
  member_blocked: { heading: 'Ihr Konto ist gesperrt', text: 'Bitte fragen Sie das Personal.' },
  medium_of_other_member: {
    heading: 'Dieses Medium gehört einem anderen Mitglied',
    text: 'Nehmen Sie Ihr eigenes oder ein leeres.',
  },
  player_limit: {
    heading: 'Sie haben schon sechs Abspielgeräte',
    text: 'Melden Sie unter „Meine Titel“ eines ab, dann das neue an.',
  },
  player_of_other_member: {
    heading: 'Dieses Abspielgerät gehört einem anderen Mitglied',
    text: 'Dieses Mitglied muss es zuerst abmelden.',
  },
  player_refused: {
    heading: 'Dieses Abspielgerät lässt sich nicht anmelden',
    text: 'Stecken Sie Ihr Medium noch einmal ins Abspielgerät, dann versuchen Sie es hier erneut.',
  },
  pairing_code_unknown: {
    heading: 'Kein Abspielgerät zeigt diesen Code',
    text: 'Prüfen Sie die acht Zeichen auf Ihrem Abspielgerät. Ein Code gilt mindestens eine Woche und einmal.',
  },
  offline_member_unknown: {
    heading: 'Zurzeit keine Verbindung',
    text: 'Ohne sie kann dieser Automat nur Mitglieder anmelden, die schon hier waren, mit ihrem eigenen Medium.',
  },
  card_declined: {
    heading: 'Die Karte wurde abgelehnt',
    text: 'Es wurde nichts abgebucht. Versuchen Sie eine andere Karte.',
  },
  card_timeout: {
    heading: 'Keine Karte vorgehalten',
    text: 'Es wurde nichts abgebucht. Bitte versuchen Sie es noch einmal.',
  },
  card_pulled: {
    heading: 'Die Karte wurde zu früh weggenommen',
    text: 'Es wurde nichts abgebucht. Lassen Sie sie, bis der Kartenleser es sagt.',
  },
  card_unknown_outcome: {
    heading: 'Die Bank hat nicht geantwortet',
    text: 'Falls etwas auf Ihrer Karte reserviert wurde, wird es von selbst freigegeben. Bitte versuchen Sie es später.',
  },
  card_reader_away: {
    heading: 'Der Kartenleser antwortet nicht',
    text: 'Es wurde nichts abgebucht. Bitte sagen Sie dem Personal Bescheid.',
  },
  title_withdrawn: {
    heading: 'Nicht mehr im Angebot',
    text: 'Der Anbieter hat diesen Titel zurückgezogen. Nehmen Sie ihn aus dem Warenkorb, dann geht es weiter.',
  },
  title_unknown: {
    heading: 'Titel nicht gefunden',
    text: 'Dieser Automat kennt den Titel nicht mehr.',
  },
  title_not_here: {
    heading: 'Noch nicht in diesem Automaten',
    text: 'Lassen Sie ihn auf der Seite des Titels holen: dort steht die Wartezeit.',
  },
  title_damaged: {
    heading: 'Der gespeicherte Titel ist beschädigt',
    text: 'Dieser Automat holt ihn neu. Es kostet nichts.',
  },
  title_already_held: {
    heading: 'Schon auf diesem Medium',
    text: 'Auf dem eingesteckten Medium ist eine Kopie dieses Titels, die Sie abspielen können.',
  },
  tariff_missing: {
    heading: 'Der Preis ist nicht bekannt',
    text: 'Ohne Preis wird nichts verliehen. Das Personal weiß Bescheid.',
  },
  no_unit_free: {
    heading: 'Alle verliehen',
    text: 'Merken Sie den Titel vor, dann heben wir Ihnen einen auf.',
  },
  not_released: {
    heading: 'Noch nicht erschienen',
    text: 'Merken Sie den Titel jetzt vor und gehören Sie zu den Ersten.',
  },
  age_restricted: {
    heading: 'Altersgrenze',
    text: 'Dieser Titel darf in Ihrem Alter nicht verliehen werden.',
  },
  territory_refused: {
    heading: 'In diesem Land nicht im Angebot',
    text: 'Der Anbieter erlaubt die Ausleihe hier nicht.',
  },
  player_required: {
    heading: 'Ein angemeldetes Abspielgerät ist nötig',
    text: 'Dieser Titel öffnet nur auf Ihrem eigenen Abspielgerät. Stecken Sie Ihr Medium einmal dort ein und kommen Sie wieder.',
  },
  secure_medium_required: {
    heading: 'Ein gesichertes Medium ist nötig',
    text: 'Der Anbieter verlangt ein Medium, das seinen Schlüssel selbst schützt. Sie bekommen es im Laden.',
  },
  kiosk_leaving: {
    heading: 'Außer Betrieb',
    text: 'Dieser Automat wird endgültig außer Betrieb genommen. Bitte nehmen Sie einen anderen.',
  },
  kiosk_locked: {
    heading: 'Wegen Wartung geschlossen',
    text: 'Das Personal hat diesen Automaten für eine Weile gesperrt.',
  },
  kiosk_restarting: {
    heading: 'Dieser Automat startet neu',
    text: 'Ein Titel, der gerade geschrieben wird, wird fertig: Lassen Sie Ihr Medium stecken, bis der Bildschirm es sagt. Sonst beginnt nichts, und nichts weiter wird berechnet. Bitte kommen Sie in ein paar Minuten wieder.',
  },
  kiosk_storage_full: {
    heading: 'Dieser Automat ist voll',
    text: 'Bis sein Speicher geräumt ist, verleiht er nichts mehr. Bitte nehmen Sie einen anderen.',
  },
  kiosk_not_ready: {
    heading: 'Wird eingerichtet',
    text: 'Dieser Automat hat seinen Katalog noch nicht erhalten. Einen Moment, bitte.',
  },
  clock_off: {
    heading: 'Die Uhr geht falsch',
    text: 'Die Uhr dieses Automaten weicht von der des Ladens ab. Weil Leihzeiten stimmen müssen, verleiht er nichts. Das Personal weiß Bescheid.',
  },
  lease_over: {
    heading: 'Zu lange ohne Verbindung',
    text: 'Dieser Automat ist seit drei Tagen abgeschnitten und verleiht nichts, bis die Verbindung wieder steht.',
  },
  certificate_over: {
    heading: 'Dieser Automat braucht Wartung',
    text: 'Seine Zulassung ist abgelaufen; bis das Personal sie erneuert, verleiht er nichts. Zurückgeben können Sie an jedem Rückgabeautomaten.',
  },
  hub_away: {
    heading: 'Zurzeit keine Verbindung',
    text: 'Dafür brauchen wir die Zentrale, und sie antwortet nicht. Bitte versuchen Sie es gleich noch einmal.',
  },
  allotment_over: {
    heading: 'Zu lange ohne Verbindung',
    text: 'Dieser Automat darf ohne die Zentrale nichts mehr verleihen. Bitte versuchen Sie es später.',
  },
  allotment_spent: {
    heading: 'Ohne Verbindung nicht möglich',
    text: 'Was dieser Automat allein verleihen darf, ist verbraucht. Bitte versuchen Sie es später.',
  },
  offline_rental_open: {
    heading: 'Ohne Verbindung nur ein Titel',
    text: 'Solange die Zentrale nicht erreichbar ist, kann jedes Mitglied einen Titel leihen. Bitte versuchen Sie es später.',
  },
  printer_away: {
    heading: 'Der Drucker geht nicht',
    text: 'Ihre Ausleihe ist in Ordnung. Scannen Sie den Code, oder notieren Sie die Rückgabezeit.',
  },
  cart_full: {
    heading: 'Der Warenkorb ist voll',
    text: 'Acht Titel lassen sich auf einmal schreiben.',
  },
  refused: {
    heading: 'Das geht jetzt nicht',
    text: 'Es kostet nichts. Bitte fragen Sie das Personal und nennen Sie den Code unten.',
  },
};
