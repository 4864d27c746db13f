/** What a run comes to: figures that other programs compare, and its verdict, in two sentences. */
import { count, counted, span } from '../../engine/wording.ts';
import type { CloseWaitPipeParameters } from './parameters.ts';

export interface CloseWaitPipeOutcome {
  readonly served: number;
  readonly blocked_workers: number;
  readonly close_wait: number;
  readonly recv_q_bytes: { readonly [bytes: string]: number };
  readonly accept_queue: number;
  readonly syn_sent_clients: number;
  readonly accept_errno: string | null;
  /** `duration`, or the signal that killed the server. */
  readonly ended_by: string;
}

/** `no client`, `1 client`, `544 clients`. */
const some = (n: number, noun: string): string => (n === 0 ? `no ${noun}` : counted(n, noun));

const is = (n: number): string => (n < 2 ? 'is' : 'are');
const has = (n: number): string => (n < 2 ? 'has' : 'have');

/** What the run came to, in a sentence or two: how many were served, what piled up, and who sleeps. */
export function verdictOf(p: CloseWaitPipeParameters, outcome: CloseWaitPipeOutcome): string {
  const { served, close_wait, syn_sent_clients, accept_errno, ended_by } = outcome;
  if (ended_by !== 'duration')
    return `${ended_by} killed the server, with all its connections; before that ${some(served, 'client')} had been served.`;
  const piled = `${some(close_wait, 'connection')} ${is(close_wait)} in CLOSE_WAIT`;
  const first = `After ${span(p.duration_s * 1e6)} ${some(served, 'client')} ${has(served)} been served, and ${piled}.`;
  const failed = accept_errno === null ? '' : `, accept() has failed with ${accept_errno}`;
  const waiting =
    syn_sent_clients === 0
      ? ''
      : `, and ${counted(syn_sent_clients, 'client')} ${is(syn_sent_clients)} in SYN_SENT`;
  return `${first} ${sleepers(p, outcome)}${failed}${waiting}.`;
}

function sleepers(
  { accepting, workers }: CloseWaitPipeParameters,
  { blocked_workers }: CloseWaitPipeOutcome,
) {
  const who =
    accepting === 'inline' ? 'The one thread' : workers === 1 ? 'The one worker' : `All ${workers} workers`;
  if (accepting === 'inline' || workers === 1)
    return `${who} ${blocked_workers === 0 ? 'is not' : 'is'} asleep in write()`;
  if (blocked_workers === 0) return 'No worker is asleep in write()';
  return blocked_workers === workers
    ? `${who} are asleep in write()`
    : `${count(blocked_workers)} of ${workers} workers ${is(blocked_workers)} asleep in write()`;
}
