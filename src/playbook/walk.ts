/** How far a reader has walked through a playbook: which steps are open follows from it. */

/** What a reader did. */
export interface Walk {
  /** The answer that was chosen, by step: its place among the answers, from 0. */
  readonly answers: Readonly<Record<string, number>>;
  /** Steps that were opened or closed by hand. */
  readonly byHand: Readonly<Record<string, boolean>>;
}

/** A step with the steps that its answers lead to. */
export interface Fork {
  readonly id: string;
  readonly leads: readonly (string | undefined)[];
}

/** Nothing is answered yet. */
export const START: Walk = { answers: {}, byHand: {} };

/** The steps that are open: the first, those that chosen answers lead to from there, and those opened by hand. */
export function openSteps(steps: readonly Fork[], { answers, byHand }: Walk): Set<string> {
  const open = new Set<string>();
  const follow = (id: string | undefined): void => {
    const step = steps.find((step) => step.id === id);
    if (!step || open.has(step.id)) return;
    open.add(step.id);
    follow(step.leads[answers[step.id] ?? -1]);
  };
  follow(steps[0]?.id);
  for (const [id, isOpen] of Object.entries(byHand)) if (isOpen) follow(id);
  for (const [id, isOpen] of Object.entries(byHand)) if (!isOpen) open.delete(id);
  return open;
}

/** An answer is chosen, or taken back where it was chosen already. The step that it leads to opens. */
export function choose({ answers, byHand }: Walk, { id, leads }: Fork, answer: number): Walk {
  const { [id]: before, ...others } = answers;
  if (before === answer) return { answers: others, byHand };
  const { [leads[answer] ?? '']: _, ...rest } = byHand;
  return { answers: { ...others, [id]: answer }, byHand: rest };
}
