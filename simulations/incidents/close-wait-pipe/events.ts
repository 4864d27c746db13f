/** What happens in the pile-up, in the trace. */
import '../../reference/pipe-buffer/events.ts';

declare module '../../trace/event.ts' {
  interface EventData {
    accepted: Facts;
    'all-asleep': Facts;
    answered: Facts;
    'answered-in-vain': Facts;
    asleep: Facts;
    cleared: Facts;
    connect: Facts;
    'connect-timed-out': Facts;
    connected: Facts;
    drained: Facts;
    emfile: Facts;
    epipe: Facts;
    'gave-up': Facts;
    'half-full': Facts;
    listening: Facts;
    logged: Facts;
    'main-asleep': Facts;
    meanwhile: Facts;
    queued: Facts;
    'reader-gone': Facts;
    refused: Facts;
    'request-read': Facts;
    signal: Facts;
    'ssh-stopped': Facts;
    'syn-again': Facts;
    'watch-ends': Facts;
    woke: Facts;
  }
}

/** The kinds that the narrator tells. */
export type PileUpEventKind =
  | 'accepted'
  | 'all-asleep'
  | 'answered'
  | 'answered-in-vain'
  | 'asleep'
  | 'cleared'
  | 'connect'
  | 'connect-timed-out'
  | 'connected'
  | 'drained'
  | 'emfile'
  | 'epipe'
  | 'gave-up'
  | 'half-full'
  | 'listening'
  | 'logged'
  | 'main-asleep'
  | 'meanwhile'
  | 'queued'
  | 'reader-gone'
  | 'refused'
  | 'request-read'
  | 'signal'
  | 'ssh-stopped'
  | 'syn-again'
  | 'syn-dropped'
  | 'watch-ends'
  | 'woke';
