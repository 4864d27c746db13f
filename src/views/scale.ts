/**
 * Of d3's `scaleLinear` and `ticks` as much as the views need that a page's script draws: d3-scale is 9.1 kB of such a
 * script, `ticks` of d3-array 0.5 kB, these 0.3 kB. What is drawn when the site is built uses d3-scale itself.
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

/** The next of 1, 2, 5, 10, 20 … units, so that a scale's length says little of what is on it. */
export function roundUp(value: number, unit: number): number {
  for (let power = unit; ; power *= 10)
    for (const factor of [1, 2, 5]) if (value <= power * factor) return power * factor;
}

/** About so many round numbers from 0 to an end, one, two or five of a power of ten apart, and whole. */
export function ticks(end: number, count: number): number[] {
  const wanted = Math.max(1, end / count);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const over = wanted / power;
  const step = power * (over >= Math.sqrt(50) ? 10 : over >= Math.sqrt(10) ? 5 : over >= Math.SQRT2 ? 2 : 1);
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step);
}
