/** Every recording, and what holds a simulation to it. */
import { type CloseWaitCase, compare as compareCloseWait } from './close-wait-pipe.ts';
import type { Compared } from './compared.ts';
import { compare as compareConnect, type Observed, simulate as simulateConnect } from './connect-timeout.ts';
import { compare as compareExchange, type ExchangeCase } from './nagle-delayed-ack.ts';
import { compare as comparePipe, type PipeCase } from './pipe-buffer.ts';
import type { RecordedCase, Recording } from './recording.ts';

/** A recording of an incident, and how its cases are held. */
export interface Holder {
  /** File below `content`. */
  readonly file: string;
  /** Every figure of a case; none where it was skipped. */
  compare(recorded: RecordedCase, recording: Recording): Compared[];
}

/** By simulation. */
export const holders: Readonly<Record<string, Holder>> = {
  'connect-timeout': {
    file: 'incidents/connect-timeout/recording.json',
    compare: (recorded, { hz }) =>
      recorded.observed ? compareConnect(recorded.observed as Observed, simulateConnect(recorded), hz) : [],
  },
  'nagle-delayed-ack': {
    file: 'incidents/nagle-delayed-ack/recording.json',
    compare: (recorded, { hz }) => compareExchange(recorded as ExchangeCase, hz),
  },
  'close-wait-pipe': {
    file: 'incidents/close-wait-pipe/recording.json',
    compare: (recorded, { kernel }) => compareCloseWait(recorded as CloseWaitCase, kernel),
  },
  'pipe-buffer': {
    file: 'reference/pipe-buffer/recording.json',
    compare: (recorded, { kernel }) => (recorded.observed ? comparePipe(recorded as PipeCase, kernel) : []),
  },
};
