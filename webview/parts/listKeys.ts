/** The row that a key leads to from row `index` (-1: none), or undefined when the key is not one of the list's. */
export function rowAfterKey(key: string, index: number, count: number, pageSize: number): number | undefined {
  const last = count - 1;
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: index + 1,
    ArrowUp: index < 0 ? last : index - 1,
    PageDown: index + pageSize,
    PageUp: index < 0 ? last : index - pageSize,
    Home: 0,
    End: last,
  };
  const target = targets[key];
  return target === undefined ? undefined : Math.max(0, Math.min(target, last));
}
