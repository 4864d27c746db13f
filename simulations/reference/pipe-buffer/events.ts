/** What happens at a pipe, in the trace. */

declare module '../../trace/event.ts' {
  interface EventData {
    'pipe-created': Facts;
    'pipe-resized': {
      readonly asked_bytes: number;
      readonly size_bytes: number;
      readonly errno: string | null;
    };
    write: Facts;
    sleep: Facts;
    'sleep-again': Facts;
    epipe: Facts;
    again: Facts;
    'short-write': Facts;
    signal: Facts;
    'poll-sleep': Facts;
    'poll-return': Facts;
    wake: Facts;
    'wake-for-nothing': Facts;
    'end-of-file': Facts;
    read: Facts;
    'read-sleep': Facts;
    'watch-ends': Facts;
    meanwhile: Facts;
  }
}

/** The kinds that the narrator tells. */
export type PipeEventKind =
  | 'pipe-created'
  | 'pipe-resized'
  | 'write'
  | 'sleep'
  | 'sleep-again'
  | 'epipe'
  | 'again'
  | 'short-write'
  | 'signal'
  | 'poll-sleep'
  | 'poll-return'
  | 'wake'
  | 'wake-for-nothing'
  | 'end-of-file'
  | 'read'
  | 'read-sleep'
  | 'process-exited'
  | 'process-killed'
  | 'watch-ends'
  | 'meanwhile';
