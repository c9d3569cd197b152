import type { Language } from './i18n.ts';

/** Genres as catalogues write them (English, small letters), by their names in other languages. */
const NAMES: Readonly<Record<string, { readonly ja: string; readonly de: string }>> = {
  abstract: { ja: '抽象', de: 'Abstrakt' },
  action: { ja: 'アクション', de: 'Action' },
  adventure: { ja: '冒険', de: 'Abenteuer' },
  ambient: { ja: 'アンビエント', de: 'Ambient' },
  animation: { ja: 'アニメーション', de: 'Zeichentrick' },
  arcade: { ja: 'アーケード', de: 'Geschicklichkeit' },
  biography: { ja: '伝記', de: 'Biografie' },
  children: { ja: '子ども向け', de: 'Für Kinder' },
  city: { ja: '都会', de: 'Großstadt' },
  classical: { ja: 'クラシック', de: 'Klassik' },
  comedy: { ja: 'コメディー', de: 'Komödie' },
  crime: { ja: '犯罪', de: 'Krimi' },
  dance: { ja: 'ダンス', de: 'Tanz' },
  documentary: { ja: 'ドキュメンタリー', de: 'Dokumentarfilm' },
  drama: { ja: 'ドラマ', de: 'Drama' },
  electronic: { ja: '電子音楽', de: 'Elektronisch' },
  family: { ja: '家族', de: 'Familie' },
  fantasy: { ja: 'ファンタジー', de: 'Fantasy' },
  folk: { ja: 'フォーク', de: 'Volksmusik' },
  history: { ja: '歴史', de: 'Geschichte' },
  horror: { ja: 'ホラー', de: 'Horror' },
  jazz: { ja: 'ジャズ', de: 'Jazz' },
  minimal: { ja: 'ミニマル', de: 'Minimal' },
  music: { ja: '音楽', de: 'Musik' },
  musical: { ja: 'ミュージカル', de: 'Musical' },
  mystery: { ja: 'ミステリー', de: 'Rätselhaft' },
  nature: { ja: '自然', de: 'Natur' },
  night: { ja: '夜', de: 'Nacht' },
  noir: { ja: 'ノワール', de: 'Film noir' },
  novel: { ja: '小説', de: 'Roman' },
  picture: { ja: '画集', de: 'Bildband' },
  'picture book': { ja: '絵本', de: 'Bilderbuch' },
  poetry: { ja: '詩', de: 'Gedichte' },
  pop: { ja: 'ポップス', de: 'Pop' },
  puzzle: { ja: 'パズル', de: 'Knobeln' },
  quiet: { ja: '静かな作品', de: 'Leise Töne' },
  rock: { ja: 'ロック', de: 'Rock' },
  romance: { ja: '恋愛', de: 'Liebe' },
  'science fiction': { ja: 'SF', de: 'Science-Fiction' },
  sea: { ja: '海', de: 'Meer' },
  'short story': { ja: '短編', de: 'Erzählung' },
  sport: { ja: 'スポーツ', de: 'Sport' },
  strategy: { ja: '戦略', de: 'Strategie' },
  techno: { ja: 'テクノ', de: 'Techno' },
  thriller: { ja: 'スリラー', de: 'Thriller' },
  travel: { ja: '旅', de: 'Reise' },
  war: { ja: '戦争', de: 'Krieg' },
  western: { ja: '西部劇', de: 'Western' },
  winter: { ja: '冬', de: 'Winter' },
};

/** A genre as a reader of this language knows it; one that is not known here stays as the catalogue writes it. */
export function genreName(genre: string, language: Language): string {
  const known = NAMES[genre.toLowerCase()];
  if (known !== undefined && language !== 'en') return known[language];
  return genre.charAt(0).toUpperCase() + genre.slice(1);
}
