/** What the supervisor does, in the trace. */
declare module '../../trace/event.ts' {
  interface EventData {
    'heartbeat-sent': { readonly patience_s: number };
    'heartbeat-missed': { readonly pid: number; readonly waited_s: number };
    'heartbeat-answered': { readonly after_ms: number };
  }
}

export {};
