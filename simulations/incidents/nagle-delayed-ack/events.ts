/** What the client counts, in the trace. */
declare module '../../trace/event.ts' {
  interface EventData {
    'request-answered': { readonly request: number; readonly latency_ms: number };
  }
}

export {};
