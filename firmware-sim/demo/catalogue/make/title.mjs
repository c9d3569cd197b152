/** One entry of the catalogue, as a person writes it; `catalogue.mjs` adds what can be measured. */
export const by = (...pairs) => pairs.map(([role, name]) => ({ role, name }));
export const house = ['production', 'Keyturn Demonstration Workshop'];

/**
 * `extra` overrides the ordinary case: all ages, all territories, no language needed, out now, unlimited units, no demands, no subtitles.
 * Days of release are counted from the first start of the demo, below 0 before it: no year ends the demo.
 */
export const title = (slug, kind, file, titles, description, year, genres, people, tariff, extra = {}) => ({
  slug,
  kind,
  titles,
  description,
  year,
  genres,
  people,
  languages: [],
  ageRating: 0,
  territories: [],
  releaseInDays: -309,
  units: null,
  demands: { secureMedium: false, binding: 'none' },
  tariff,
  file,
  // Films and records are shown for some seconds before they are rented.
  preview: /\.(webm|ogg)$/.test(file) ? `${slug}.${file.split('.').at(-1)}` : null,
  subtitles: [],
  series: null,
  ...extra,
});

