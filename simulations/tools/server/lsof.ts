/** `lsof` of the server: every descriptor that it has, and who else holds the pipe behind its standard error. */
import type { WorldState } from '../../engine/trace.ts';
import type { Tool } from '../line.ts';
import {
  again,
  CLIENT,
  groupsOf,
  isRunning,
  LISTENER_INODE,
  more,
  PIPE_INODE,
  PORT,
  PROGRAM,
  pidOf,
  readerOf,
  SERVER,
  SHOWN,
  socketInode,
} from './server.ts';

const USER = 'app';

/** A line, with what may be left out before it is set in columns. */
interface File {
  readonly command: string;
  readonly pid: number;
  readonly user: string;
  /** With its mode: `2w`. */
  readonly fd: string;
  readonly type: 'CHR' | 'FIFO' | 'IPv4';
  readonly device: string;
  readonly offset: string;
  readonly node: string;
  readonly name: string;
}

/** Columns as lsof sets them: the command to the left, the user too, all else to the right. */
function table(rows: readonly (File | string)[]): string {
  const files = rows.filter((row) => typeof row !== 'string');
  const wide = (title: string, of: (file: File) => string) =>
    Math.max(title.length, ...files.map((file) => of(file).length));
  const command = wide('COMMAND', (file) => file.command);
  const pid = wide('PID', (file) => String(file.pid));
  const user = wide('USER', (file) => file.user);
  const fd = Math.max(
    5,
    wide('FD', (file) => file.fd),
  );
  const type = wide('TYPE', (file) => file.type);
  const device = wide('DEVICE', (file) => file.device);
  const offset = wide('SIZE/OFF', (file) => file.offset);
  const node = wide('NODE', (file) => file.node);
  const line = (of: Record<keyof File, string>) =>
    `${of.command.padEnd(command)} ${of.pid.padStart(pid)} ${of.user.padStart(user)} ${of.fd.padStart(fd)}  ${of.type.padStart(type)} ${of.device.padStart(device)} ${of.offset.padStart(offset)} ${of.node.padStart(node)} ${of.name}`;
  const header = line({
    command: 'COMMAND',
    pid: 'PID',
    user: 'USER',
    fd: 'FD ',
    type: 'TYPE',
    device: 'DEVICE',
    offset: 'SIZE/OFF',
    node: 'NODE',
    name: 'NAME',
  });
  return [
    header,
    ...rows.map((row) => (typeof row === 'string' ? row : line({ ...row, pid: String(row.pid) }))),
  ].join('\n');
}

/** The states of connections that have a descriptor, as lsof spells them. */
const OPEN = new Set(['ESTABLISHED', 'CLOSE_WAIT']);

function filesOf(world: WorldState): (File | string)[] {
  const own = { command: PROGRAM, pid: pidOf(world), user: USER, offset: '0t0' };
  const nothing = (fd: string): File => ({
    ...own,
    fd,
    type: 'CHR',
    device: '1,3',
    node: '3',
    name: '/dev/null',
  });
  const socket = (fd: number, inode: number, name: string): File => ({
    ...own,
    fd: `${fd}u`,
    type: 'IPv4',
    device: String(inode),
    node: 'TCP',
    name: `${SERVER}:${PORT}${name}`,
  });
  const connections = groupsOf(world)
    .filter(({ server, samples }) => OPEN.has(server) && typeof samples[0]?.fd === 'number')
    .sort((a, b) => Number(a.samples[0]?.fd) - Number(b.samples[0]?.fd))
    .flatMap(({ server, count, samples }) => {
      const lines = samples
        .slice(0, SHOWN)
        .map(({ client, port, fd }) =>
          socket(Number(fd), socketInode(client), `->${CLIENT}:${port} (${server})`),
        );
      return count > lines.length ? [...lines, more(count - lines.length, 'like it')] : lines;
    });
  return [
    nothing('0r'),
    nothing('1w'),
    pipeEnd(own.command, own.pid, '2w', 'pipe'),
    socket(3, LISTENER_INODE, ' (LISTEN)'),
    ...connections,
  ];
}

const pipeEnd = (command: string, pid: number, fd: string, name: string): File => ({
  command,
  pid,
  user: USER,
  fd,
  type: 'FIFO',
  device: '0,15',
  offset: '0t0',
  node: String(PIPE_INODE),
  name,
});

export const lsof: Tool = {
  name: 'lsof',
  kind: 'lsof',
  command: 'lsof -nP -a -d 0-1048576 -p 2001',
  repeats: true,
  lines: (trace) => again(trace, (world) => (isRunning(world) ? table(filesOf(world)) : '')),
};

/** The read end's holder and the server, each naming the other. */
function pipeEnds(world: WorldState): string {
  if (!isRunning(world)) return '';
  const pid = pidOf(world);
  const reader = readerOf(world);
  if (!reader) return table([pipeEnd(PROGRAM, pid, '2w', 'pipe')]);
  return table([
    pipeEnd(PROGRAM, pid, '2w', `pipe ${reader.pid},${reader.name},${reader.fd}r`),
    pipeEnd(reader.name, reader.pid, `${reader.fd}r`, `pipe ${pid},${PROGRAM},2w`),
  ]);
}

export const pipeHolders: Tool = {
  name: 'lsof-pipe',
  title: 'who holds the pipe',
  kind: 'lsof',
  command: 'lsof +E -a -p 2001 -d 2',
  repeats: true,
  lines: (trace) => again(trace, pipeEnds),
};
