/** The guided tours: histories worth a walk, with what only somebody who knows the end can say on the way. */
import type { Preset } from '../../simulation.ts';

/** A preset that is walked through step by step. */
export interface Tour extends Preset {
  /** What to look at, by the step that it belongs to, from 1. */
  readonly remarks: Readonly<Record<number, string>>;
  /** The states that it ends in. */
  readonly ends: { readonly client: string; readonly server: string };
  /** What to try next, by hand. */
  readonly next: string;
}

type Step = string | readonly [action: string, remark: string];

/** A tour from its steps, each with its remark where it has one. */
function tour({ steps, ...rest }: Omit<Tour, 'remarks' | 'given'> & { steps: readonly Step[] }): Tour {
  const remarks: Record<number, string> = {};
  const actions = steps.map((step, i) => {
    if (typeof step === 'string') return step;
    remarks[i + 1] = step[1];
    return step[0];
  });
  return { ...rest, given: { history: actions.join(',') }, remarks };
}

const OPEN = ['server.listen', 'client.connect', 'deliver.1', 'deliver.2', 'deliver.3', 'server.accept'];

export const tours: readonly Tour[] = [
  tour({
    id: 'handshake',
    label: 'Three-way handshake',
    help: 'SYN, SYN-ACK, ACK. The client is connected before the server is; accept() comes after both.',
    steps: [
      ['server.listen', 'A listener never leaves LISTEN. Each SYN makes a socket of its own.'],
      ['client.connect', 'The SYN lies on the wire until you deliver it.'],
      ['deliver.1', 'No program has seen this connection. It belongs to the kernel until the last ACK.'],
      ['deliver.2', 'The client may send from here on. The server is still in SYN_RECV.'],
      ['deliver.3', 'Now the connection waits in the accept queue: Recv-Q of the listener is 1.'],
      ['server.accept', 'accept() sends nothing and changes no state. It only hands over what is ready.'],
    ],
    ends: { client: 'ESTABLISHED', server: 'ESTABLISHED' },
    next: 'Undo three times and drop the SYN-ACK instead. Then wait, and see who tries again.',
  }),
  tour({
    id: 'close',
    label: 'Four-way close',
    help: 'Each side closes its own direction. Who closes first keeps TIME_WAIT.',
    steps: [
      ...OPEN,
      ['client.close', 'The program is done with it. The kernel is not.'],
      ['deliver.4', 'The server’s program hears of it only when it reads, and read() returns 0.'],
      ['deliver.5', 'No program holds this socket any more, so Linux keeps a small record in its place.'],
      ['server.close', 'The other direction ends here.'],
      ['deliver.6', 'Who closed first waits. The port is taken for one minute more.'],
      ['deliver.7', 'The server is free at once.'],
      ['wait', 'TIME_WAIT is 60 s on Linux. No sysctl changes that.'],
    ],
    ends: { client: 'CLOSE', server: 'CLOSE' },
    next: 'Undo the wait and let the client connect() again: bind() fails with EADDRINUSE.',
  }),
  tour({
    id: 'simultaneous-open',
    label: 'Simultaneous open',
    help: 'Both ends connect(), and the SYNs cross: one connection, no listener.',
    steps: [
      'client.connect',
      ['server.connect', 'Two SYNs are on their way, and nobody listens.'],
      ['deliver.1', 'A SYN without an ACK in SYN_SENT: the calls have crossed.'],
      'deliver.2',
      ['deliver.3', 'It answers the other end’s SYN and acknowledges this one’s.'],
      ['deliver.4', 'One connection, and both ends have called connect().'],
      'deliver.5',
      'deliver.6',
    ],
    ends: { client: 'ESTABLISHED', server: 'ESTABLISHED' },
    next: 'Undo to the first step and deliver the SYN before the server calls connect(). What answers it?',
  }),
  tour({
    id: 'simultaneous-close',
    label: 'Simultaneous close',
    help: 'Both FINs are on their way before either arrives: CLOSING, and TIME_WAIT at both ends.',
    steps: [
      ...OPEN,
      'client.close',
      ['server.close', 'The server has not heard of the client’s FIN yet.'],
      ['deliver.4', 'A FIN comes before the ACK of its own: CLOSING, a state that you rarely see.'],
      'deliver.5',
      'deliver.6',
      ['deliver.7', 'Both ends keep TIME_WAIT, because both closed first.'],
      'wait',
      'wait',
    ],
    ends: { client: 'CLOSE', server: 'CLOSE' },
    next: 'Undo to the two FINs and drop one of them. Which end gets stuck, and for how long?',
  }),
  tour({
    id: 'half-close',
    label: 'Half-close',
    help: 'shutdown(SHUT_WR) ends one direction. Data still flows in the other.',
    steps: [
      ...OPEN,
      ['client.shutdown', 'The same FIN as close() sends. The program keeps the socket, to read.'],
      'deliver.4',
      ['deliver.5', 'FIN_WAIT2 without a timer: a program holds it, so Linux waits for ever.'],
      ['server.send', 'CLOSE_WAIT may still send.'],
      'deliver.6',
      'client.read',
      'deliver.7',
      'server.close',
      'deliver.8',
      'deliver.9',
    ],
    ends: { client: 'TIME_WAIT', server: 'CLOSE' },
    next: 'Undo to step 9 and use close() at the client before the server sends. What does the data meet?',
  }),
  tour({
    id: 'closed-port',
    label: 'RST to a closed port',
    help: 'Nobody listens: the kernel answers the SYN with a reset, and connect() fails at once.',
    steps: [
      ['client.connect', 'The server has no listener.'],
      ['deliver.1', 'No socket of the server changes its state: it has none.'],
      ['deliver.2', 'Connection refused. There is nothing to wait for.'],
    ],
    ends: { client: 'CLOSE', server: 'CLOSE' },
    next: 'Undo to the first step, drop the SYN and wait, again and again: a silent host takes two minutes, a closed port no time.',
  }),
  tour({
    id: 'lost-last-ack',
    label: 'Lost last ACK',
    help: 'This is what TIME_WAIT is for: the FIN comes again, and somebody must still be there to answer it.',
    steps: [
      ...OPEN,
      'client.close',
      'deliver.4',
      ['server.close', 'The ACK of the first FIN is still on its way. The server does not mind.'],
      ['deliver.5', 'This ACK comes before the server’s FIN.'],
      'deliver.6',
      ['drop.7', 'The server is in LAST_ACK and hears nothing.'],
      ['wait', 'The retransmission timer of the server, not a timer of the client.'],
      ['deliver.8', 'TIME_WAIT answers, and its minute begins again.'],
      'deliver.9',
    ],
    ends: { client: 'TIME_WAIT', server: 'CLOSE' },
    next: 'Undo to the lost ACK and drop every FIN that comes again. How long does LAST_ACK last?',
  }),
  tour({
    id: 'close-wait',
    label: 'CLOSE_WAIT that nobody closes',
    help: 'The peer has closed, the program has not. No timer runs: it stays until the program closes it, or writes to a peer that has long forgotten it.',
    steps: [
      ...OPEN,
      'client.close',
      ['deliver.4', 'Recv-Q is 1: the FIN counts as one byte that the program has not read.'],
      'deliver.5',
      ['wait', 'The client’s record is gone after tcp_fin_timeout. The server does not hear of that.'],
      ['wait', 'This is the leak: no timer will ever end it.'],
      ['server.send', 'write() succeeds: the kernel cannot know that the peer is gone.'],
      ['deliver.6', 'No socket, no record: a reset.'],
      ['deliver.7', 'The next write() would fail with EPIPE, and raise SIGPIPE.'],
    ],
    ends: { client: 'CLOSE', server: 'CLOSE' },
    next: 'Undo to the second wait and close() the server instead. It meets the same reset, in LAST_ACK.',
  }),
  tour({
    id: 'fin-wait2-orphan',
    label: 'FIN_WAIT2 orphan',
    help: 'The peer never closes. A closed socket does not wait for ever: tcp_fin_timeout ends it after 60 s, and a FIN that comes later is answered with a reset.',
    steps: [
      ...OPEN,
      'client.close',
      'deliver.4',
      ['deliver.5', 'An orphan: no process holds it, and ss shows timer:(timewait,…).'],
      ['wait', 'The client has waited long enough. The server still holds its half.'],
      'server.close',
      ['deliver.6', 'The FIN comes too late: nobody is there any more.'],
      ['deliver.7', 'A connection that ended cleanly for its program ends with a reset for the kernel.'],
    ],
    ends: { client: 'CLOSE', server: 'CLOSE' },
    next: 'Use shutdown() at the client in place of close(): then no timer runs, and FIN_WAIT2 has no end.',
  }),
];
