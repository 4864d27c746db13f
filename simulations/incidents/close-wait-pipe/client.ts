/** One client and its connection, as the clients' own machine would know them. */
import type { TcpPair } from '../../kernel/tcp/pair.ts';

/** What became of a client. */
export type Fate = 'connecting' | 'waiting' | 'served' | 'gave up' | 'timed out' | 'refused' | 'hung up on';

export interface Client {
  /** From 1, in the order of connect(). */
  readonly number: number;
  readonly port: number;
  readonly pair: TcpPair;
  fate: Fate;
}
