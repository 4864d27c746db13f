/** What a history comes to: figures that other programs compare, and its verdict, in one or two sentences. */
import { counted } from '../../engine/wording.ts';

export interface TcpStatesOutcome {
  readonly client: string;
  readonly server: string;
  readonly in_flight: readonly number[];
  readonly without_effect: readonly number[];
}

/**
 * What the run came to, in a sentence or two: the state of both ends, what is on the way, and what had no effect.
 * @param steps how many the history has
 */
export function verdictOf(
  { client, server, in_flight, without_effect }: TcpStatesOutcome,
  steps: number,
): string {
  const when = steps === 0 ? 'Before the first step' : `After ${counted(steps, 'step')}`;
  const flying = in_flight.length;
  const onTheWay =
    flying === 0 ? '' : `, and ${counted(flying, 'packet')} ${flying === 1 ? 'is' : 'are'} on the way`;
  const vain = without_effect.length;
  const inVain = vain === 0 ? '' : ` ${counted(vain, 'step')} had nothing to act on.`;
  return `${when} the client is in ${client} and the server in ${server}${onTheWay}.${inVain}`;
}
