/** The part of a statechart that a figure needs: a whole region has more arrows than a narrow column can hold. */
export interface ChartPart {
  readonly states: readonly string[];
  /** The states whose arrows are drawn; all when left out. */
  readonly leaving?: readonly string[];
  /** The events whose arrows are drawn; all when left out. */
  readonly events?: readonly string[];
  /** Which way its layers follow each other; `DOWN` when left out. */
  readonly direction?: 'DOWN' | 'RIGHT';
}
