/**
 * How wide a page draws a figure's parts. The style sheets decide; `tests/browser/drawing.spec.ts` holds these widths to
 * a page. Between two of them nothing turns: they are the ends of each arrangement.
 */

/** The room for each part in a figure of one width, in px. */
export interface Panes {
  /** Of the window. */
  readonly window: number;
  /** Within its border. */
  readonly figure: number;
  readonly column: number;
  readonly wide: number;
  readonly strip: number;
  readonly timeline: number;
  /** With another run beside it, where both get another room than one alone. */
  readonly compared?: { readonly column: number; readonly wide: number };
}

export const PANES: readonly Panes[] = [
  { window: 360, figure: 326, column: 294, wide: 294, strip: 294, timeline: 286 },
  { window: 390, figure: 356, column: 324, wide: 324, strip: 324, timeline: 316 },
  { window: 740, figure: 694, column: 662, wide: 662, strip: 662, timeline: 653 },
  { window: 760, figure: 712, column: 317, wide: 673, strip: 664, timeline: 542 },
  { window: 1120, figure: 1054, column: 488, wide: 1015, strip: 1006, timeline: 884 },
  {
    window: 1180,
    figure: 1114,
    column: 369,
    wide: 697,
    strip: 1066,
    timeline: 944,
    compared: { column: 332, wide: 518 },
  },
  {
    window: 1440,
    figure: 1372,
    column: 382,
    wide: 722,
    strip: 1322,
    timeline: 1197,
    compared: { column: 416, wide: 645 },
  },
  {
    window: 1920,
    figure: 1565,
    column: 422,
    wide: 797,
    strip: 1510,
    timeline: 1375,
    compared: { column: 477, wide: 737 },
  },
];
