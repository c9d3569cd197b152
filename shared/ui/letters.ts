import '@fontsource/atkinson-hyperlegible-next/400.css';
import '@fontsource/atkinson-hyperlegible-next/700.css';
import '@fontsource/atkinson-hyperlegible-next/800.css';

/**
 * The letters of all screens, from the program's own files. Latin comes with the page; the Japanese ones are 240 small parts, of which a
 * browser takes those whose characters occur, and their list comes after the first picture, so that it never waits for them.
 */
export const loadJapaneseLetters = (): Promise<unknown> => import('./letters-ja.ts');
