import type { Language, SameWords } from '#shared/ui/i18n.ts';
import { de } from './de.ts';
import { en, type KioskWords } from './en.ts';
import { ja } from './ja.ts';

/** The kiosk's words by language; complete by type. */
export const WORDS: Readonly<Record<Language, SameWords<KioskWords>>> = { en, ja, de };
