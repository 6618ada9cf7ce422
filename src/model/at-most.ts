/**
 * The options of an `LRUCache` that keeps so many entries. Its own `max` would set room for all of them aside at once, which is megabytes and
 * most of the time of a start.
 */
export function atMost(entries: number): { readonly maxSize: number; readonly sizeCalculation: () => number } {
  return { maxSize: entries, sizeCalculation: () => 1 };
}
