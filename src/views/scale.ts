/**
 * A scale that is linear between its stops and stays within them: of d3's `scaleLinear` as much as the views need,
 * without what it brings to scale colours, dates and text (9 kB of a page's script).
 */

/** @param domain ascending, at least one @param range as many as in the domain */
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
