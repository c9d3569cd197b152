import { type CatalogueFacts, publicRating, unitsOf } from '#hub/app/catalogue/view.ts';
import type { TitleRow } from '#hub/ports/rows/index.ts';

/** A title as staff see it: also without an edition, withdrawn, or not released yet. */
export function titleViewOf(facts: CatalogueFacts, title: TitleRow) {
  const edition = title.editionId === null ? undefined : facts.editions.get(title.editionId);
  const figures = facts.figures.get(title.titleId);
  const { createdAt: _made, editionId: _edition, ...shown } = title;
  return {
    ...shown,
    edition:
      edition === undefined
        ? null
        : {
            editionId: edition.editionId,
            mediaType: edition.mediaType,
            bytes: edition.bytes,
            sha256: edition.sha256,
          },
    unitsFree: unitsOf(title, figures)?.free ?? null,
    rating: publicRating(figures),
    rentals30d: figures?.rentals ?? 0,
    queue: figures?.queue ?? 0,
  };
}

/** Whether a title's name, in any language, or one of its people contains the text. */
export function titleMatches(title: TitleRow, text: string): boolean {
  const wanted = text.normalize('NFKC').toLowerCase();
  const words = [
    title.name.en,
    title.name.ja ?? '',
    title.name.de ?? '',
    title.name.kana ?? '',
    ...title.people.map(({ name }) => name),
  ];
  return words.some((word) => word.normalize('NFKC').toLowerCase().includes(wanted));
}
