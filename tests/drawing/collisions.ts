/** Words that another one covers, or that end where nobody sees them. */
import type { Box } from './boxes.ts';

/**
 * How far two lines of text may reach into each other's boxes, in shares of a box' height: above its letters and below
 * them a box has room of its own, and at a third of its height the letters themselves do not touch yet.
 */
const AIR = 1 / 3;
/** What letters have beside them. */
const BESIDE_px = 1;

const meet = (a: Box, b: Box): boolean => {
  const air = AIR * Math.min(a.bottom - a.top, b.bottom - b.top);
  return (
    a.left < b.right - BESIDE_px &&
    b.left < a.right - BESIDE_px &&
    a.top < b.bottom - air &&
    b.top < a.bottom - air
  );
};

/** What of a picture cannot be read. @param margin_px what is beside the picture and may be used */
export function collisions(boxes: readonly Box[], width: number, margin_px: number): string[] {
  const wrong = boxes
    .filter(({ left, right }) => left < -margin_px || right > width + margin_px)
    .map(({ text }) => `outside: ${text}`);
  const byHeight = boxes.toSorted((a, b) => a.top - b.top);
  for (const [i, box] of byHeight.entries())
    for (let j = i + 1; j < byHeight.length; j++) {
      const other = byHeight[j] as Box;
      if (other.top >= box.bottom) break;
      if (meet(box, other)) wrong.push(`${box.text} / ${other.text}`);
    }
  return wrong;
}
