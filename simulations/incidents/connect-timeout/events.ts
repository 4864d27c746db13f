/** What the supervisor does, and root, in the trace. */
declare module '../../trace/event.ts' {
  interface EventData {
    'first-aid': { readonly command: string; readonly killed?: number };
    'heartbeat-sent': { readonly patience_s: number };
    'heartbeat-missed': { readonly pid: number; readonly waited_s: number };
    'heartbeat-answered': { readonly after_ms: number };
  }
}

export {};
