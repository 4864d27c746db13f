/**
 * Fields that the real ss prints and ours does not, and why. `tests/conformance/tools/ss.test.ts` takes these, and no
 * others, out of what the real ss printed before it compares the two.
 */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'cubic, bbr, reno':
    'The simulation has slow start and the halving after a loss, and no named congestion control.',
  'ecn, ecnseen, fastopen': 'Neither is simulated.',
  'pacing_rate, delivery_rate': 'The simulation sends without pacing, and measures no rates.',
  'delivered, app_limited': 'They serve the measuring of rates.',
  'busy, rwnd_limited, sndbuf_limited':
    'The simulation does not count how long a sender waited, and for what.',
  'lost, sacked, dsack_dups, reordering, reord_seen, rcv_ooopack':
    'The simulation retransmits by the timer and by duplicate ACKs, and keeps no marks on single segments.',
  'rcv_rtt, rcv_space': 'They serve the growth of the receive buffer, which is not simulated.',
  cgroup: 'Control groups are not simulated.',
};

/** Beside these, of a socket in SYN-SENT. */
export const LEFT_OUT_OPENING: Readonly<Record<string, string>> = {
  ssthresh: 'It depends on the congestion control, and has no meaning before there is a connection.',
  'lastsnd, lastrcv, lastack': 'Before there is a connection they count from the start of the machine.',
  rcv_ssthresh: 'The first window that a socket would offer is not simulated.',
};
