import type { MediaWords } from '../media.ts';

export const mediaDe: MediaWords = {
  heading: 'Gesicherte Medien',
  line: 'Medien, die ihre Schlüssel selbst schützen und von diesem Verleih beglaubigt sind.',
  none: 'Noch kein gesichertes Medium wurde beglaubigt.',
  noneFound: 'Kein Medium hat diese Nummer.',
  find: 'Nummer des Mediums',
  make: 'Gesichertes Medium herstellen',
  makeText:
    'Stecken Sie zuerst das leere gesicherte Medium in den Ausleihautomaten. Er beginnt, sobald ihn niemand benutzt, innerhalb von 15 Minuten; lassen Sie das Medium bis dahin stecken. Den Verlauf sehen Sie auf der Seite des Automaten.',
  kiosk: 'Ausleihautomat',
  noKiosk: 'Zurzeit gehört kein Ausleihautomat zum Verleih.',
  ordered: (kiosk) => `Bei ${kiosk} in Auftrag gegeben.`,
  medium: 'Medium',
  state: 'Stand',
  good: 'In Gebrauch',
  revoked: 'Gesperrt',
  since: 'Beglaubigt',
  by: 'Von',
  at: 'An',
  elsewhere: 'Nicht an einem Ausleihautomaten',
  act: 'Ändern',
  revoke: 'Sperren',
  revokeText:
    'Für ein Medium, dessen Schutz gestohlen, nachgemacht oder kaputt ist. Titel, die ein gesichertes Medium verlangen, werden nicht mehr darauf geschrieben. Was das Mitglied darauf hat, lässt sich weiter ansehen und zurückgeben. Das lässt sich nicht rückgängig machen.',
  reason: 'Grund',
  done: (medium) => `Der Schutz von ${medium} ist gesperrt.`,
};
