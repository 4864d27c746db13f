/** `ss -tanp` on the server: the listener with its queue, and the connections, a few of each kind that looks alike. */
import type { WorldState } from '../../engine/trace.ts';
import type { Tool } from '../line.ts';
import { SS_STATES } from '../ss.ts';
import { again, CLIENT, type Group, groupsOf, more, PORT, PROGRAM, pidOf, SERVER, SHOWN } from './server.ts';

/** Columns as ss sets them: as wide as what is in them, addresses to the right and ports to the left of their colon. */
interface Row {
  readonly state: string;
  readonly recv_q: number;
  readonly send_q: number;
  readonly peer: string;
  readonly port: string;
  readonly users: string;
}

function table(rows: readonly (Row | string)[]): string {
  const all = rows.filter((row) => typeof row !== 'string');
  const wide = (least: number, of: (row: Row) => string) =>
    Math.max(least, ...all.map((row) => of(row).length));
  const state = wide(5, (row) => row.state);
  const recv = wide(6, ({ recv_q }) => String(recv_q));
  const send = wide(6, ({ send_q }) => String(send_q));
  const peer = wide(12, (row) => row.peer);
  const port = wide(4, (row) => row.port);
  const local = `${SERVER.padStart(13)}:${PORT}`;
  const header = `${'State'.padEnd(state)} ${'Recv-Q'.padEnd(recv)} ${'Send-Q'.padEnd(send)} Local Address:Port ${'Peer Address'.padStart(peer)}:${'Port'.padEnd(port)}Process`;
  const lines = rows.map((row) =>
    typeof row === 'string'
      ? row
      : `${row.state.padEnd(state)} ${String(row.recv_q).padEnd(recv)} ${String(row.send_q).padEnd(send)} ${local} ${row.peer.padStart(peer)}:${row.port.padEnd(port)}${row.users}`.trimEnd(),
  );
  return [header, ...lines].join('\n');
}

/** Most telling first: what is stuck, what is under way, what is over. */
const ORDER = ['CLOSE_WAIT', 'ESTABLISHED', 'TIME_WAIT'];

function groupRows(pid: number, { server, recv_q_bytes, holder, count, samples }: Group): (Row | string)[] {
  const name = SS_STATES[server] ?? server;
  const rows = samples.slice(0, SHOWN).map(
    ({ port, fd }): Row => ({
      state: name,
      recv_q: recv_q_bytes,
      send_q: 0,
      peer: CLIENT,
      port: String(port),
      users: fd === null ? '' : ` users:(("${PROGRAM}",pid=${pid},fd=${fd}))`,
    }),
  );
  const rest = count - rows.length;
  const where = holder === 'accept queue' ? ', in the accept queue: no process has them' : '';
  return rest ? [...rows, more(rest, `like it${where}`)] : rows;
}

function print(world: WorldState): string {
  const { connections = {} } = world;
  const pid = pidOf(world);
  const groups = [...groupsOf(world)].sort(
    (a, b) => ORDER.indexOf(a.server) - ORDER.indexOf(b.server) || a.recv_q_bytes - b.recv_q_bytes,
  );
  const listener: Row = {
    state: 'LISTEN',
    recv_q: Number(connections.accept_queue),
    send_q: Number(connections.sk_max_ack_backlog),
    peer: '0.0.0.0',
    port: '*',
    users: ` users:(("${PROGRAM}",pid=${pid},fd=3))`,
  };
  return table([
    ...(connections.listening ? [listener] : []),
    ...groups.flatMap((group) => groupRows(pid, group)),
  ]);
}

export const serverSs: Tool = {
  name: 'ss',
  kind: 'ss',
  command: "ss -tanp 'sport = :8080'",
  repeats: true,
  lines: (trace) => again(trace, print),
};
