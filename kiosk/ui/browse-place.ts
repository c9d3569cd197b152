/** Where the shelves were left within this session; a page's matter only, gone when somebody else begins (SCR-7). */
export const place: { key: string; top: number } = { key: '', top: 0 };

export function forgetPlace(): void {
  place.key = '';
  place.top = 0;
}
