import { type CatalogueFacts, publicRating, unitsOf } from '#hub/app/catalogue/view.ts';
import type { TitleRow } from '#hub/ports/rows/index.ts';

/** A title as staff see it: also without an edition, withdrawn, or not released yet. */
export function titleViewOf(facts: Pick<CatalogueFacts, 'editions' | 'figures'>, title: TitleRow) {
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
