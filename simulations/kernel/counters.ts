/** What a network namespace counts (`struct tcp_mib`, `struct linux_mib`), by nstat's names. */
import type { Counters } from '../machine/state.ts';
import type { Cell, Source } from '../trace/history.ts';
import type { Recorder } from '../trace/recorder.ts';

/** The counters that count here. */
export type CounterName =
  | 'TcpActiveOpens'
  | 'TcpPassiveOpens'
  | 'TcpAttemptFails'
  | 'TcpEstabResets'
  | 'TcpInSegs'
  | 'TcpOutSegs'
  | 'TcpRetransSegs'
  | 'TcpOutRsts'
  | 'TcpExtEmbryonicRsts'
  | 'TcpExtListenOverflows'
  | 'TcpExtListenDrops'
  | 'TcpExtDelayedACKs'
  | 'TcpExtDelayedACKLost'
  | 'TcpExtTCPTimeouts'
  | 'TcpExtTCPLossProbes'
  | 'TcpExtTCPSynRetrans'
  | 'TcpExtTCPOrigDataSent'
  | 'TcpExtTCPOFOQueue'
  | 'TcpExtTCPWinProbe'
  | 'TcpExtTCPChallengeACK'
  | 'TcpExtTCPACKSkippedChallenge'
  | 'TcpExtTCPACKSkippedSeq'
  | 'TcpExtTCPAbortOnTimeout'
  | 'TcpExtTCPAbortOnData'
  | 'TcpExtTCPAbortOnClose'
  | 'TcpExtTCPAbortOnLinger'
  | 'TcpExtOutOfWindowIcmps'
  | 'TcpExtTW'
  | 'UdpInDatagrams'
  | 'UdpNoPorts'
  | 'UdpOutDatagrams';

export class Counted implements Source<Counters> {
  readonly #counts = new Map<CounterName, number>();
  readonly #cell: Cell<Counters>;
  #state: Counters = {};
  #isStale = false;

  constructor(recorder: Recorder) {
    this.#cell = recorder.cell(this);
  }

  add(name: CounterName): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    this.#isStale = true;
    this.#cell.touch();
  }

  /** The counters after an event. */
  at(index: number): Counters {
    return this.#cell.at(index) ?? {};
  }

  state(): Counters {
    if (this.#isStale) this.#state = Object.fromEntries(this.#counts);
    this.#isStale = false;
    return this.#state;
  }
}
