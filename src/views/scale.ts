/**
 * Of d3's `scaleLinear` and `ticks` as much as the views need, without what they bring with them (10 kB of a page's
 * script).
 */

/**
 * A scale that is linear between its stops and stays within them.
 *
 * @param domain ascending, at least one @param range as many as in the domain
 */
export function stopScale(domain: readonly number[], range: readonly number[]): (value: number) => number {
  return (value) => {
    let [low, high] = [0, domain.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((domain[middle] ?? 0) > value) high = middle;
      else low = middle + 1;
    }
    const [from, to] = [domain[low - 1], domain[low]];
    if (from === undefined) return range[0] ?? 0;
    if (to === undefined) return range[low - 1] ?? 0;
    const [start = 0, end = 0] = [range[low - 1], range[low]];
    return start + ((end - start) * (value - from)) / (to - from);
  };
}

/** About so many round numbers from 0 to an end, one, two or five of a power of ten apart, and whole. */
export function ticks(end: number, count: number): number[] {
  const wanted = Math.max(1, end / count);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const over = wanted / power;
  const step = power * (over >= Math.sqrt(50) ? 10 : over >= Math.sqrt(10) ? 5 : over >= Math.SQRT2 ? 2 : 1);
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step);
}
