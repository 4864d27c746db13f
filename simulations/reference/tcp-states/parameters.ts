/** What a reader of the explorer may do. */
import type { Values } from '../../engine/parameters.ts';

/** The calls that a reader can make at either end. */
export const CALLS = {
  connect: 'connect() to the other end',
  listen: 'listen()',
  accept: 'accept() a connection that is ready',
  send: 'write 100 bytes',
  read: 'read all that has arrived',
  shutdown: 'shutdown(SHUT_WR): no more data from this end',
  close: 'close()',
  abort: 'close() with SO_LINGER 0',
} as const;

/** What a reader can do to a packet on its way. */
export const PACKET_ACTIONS = {
  deliver: 'packet N arrives',
  drop: 'packet N is lost',
  delay: 'packet N is overtaken by all that is on its way',
  duplicate: 'packet N will arrive twice',
} as const;

export type CallName = keyof typeof CALLS;
export type PacketAction = keyof typeof PACKET_ACTIONS;

const ends = ['client', 'server'] as const;

export const parameters = {
  history: {
    type: 'list',
    words: {
      ...Object.fromEntries(
        ends.flatMap((end) =>
          Object.entries(CALLS).map(([name, help]) => [`${end}.${name}`, `${end}: ${help}`]),
        ),
      ),
      ...Object.fromEntries(Object.entries(PACKET_ACTIONS).map(([name, help]) => [`${name}.N`, help])),
      wait: 'nothing is done until the next timer fires',
    },
    most: 200,
    default: '',
    help: 'what is done, one after another',
  },
} as const;

export type TcpStatesParameters = Values<typeof parameters>;
