/** What the client counts, and what is done to its route, in the trace. */
declare module '../../trace/event.ts' {
  interface EventData {
    'route-changed': { readonly quickack: boolean; readonly rto_min_ms: number | null };
    'request-answered': { readonly request: number; readonly latency_ms: number };
  }
}

export {};
