/** What the reader does, in the trace. */
interface Step {
  /** From 1. */
  readonly step: number;
  readonly action: string;
}

declare module '../../trace/event.ts' {
  interface EventData {
    begin: { readonly [name: string]: never };
    step: Step;
    'step-ended': Step;
    'without-effect': Step;
    waited: { readonly wait_us: number };
  }
}

export {};
