/**
 * `lsof` 4.95: open files of processes. Sockets, pipes, character devices and epoll; `-n -P -a -p -d -i -s +E -t`.
 *
 * Left out: what is no descriptor (`cwd`, `txt`, `mem`), so ours always prints what `-d 0-1048576` would. Names of
 * hosts and ports are not looked up, with or without -n and -P.
 */
import type { MachineState, SocketState } from '../../machine/state.ts';
import { alike, moreLike } from '../alike.ts';
import { type Command, failed, type Output, printed } from '../command.ts';
import { descriptors, type Holder, isListed } from '../holders.ts';
import { UsageError } from '../options.ts';
import { userName } from '../users.ts';
import { fileOf } from './files.ts';
import { type Choice, parseWords } from './words.ts';

const COMMAND_WIDTH = 9;

const socketOf = ({ sockets }: MachineState, { file }: Holder): SocketState | undefined =>
  file.kind === 'socket' ? sockets.get(file.cookie) : undefined;

function isChosen(machine: MachineState, holder: Holder, choice: Choice): boolean {
  const { pids, fds, internet, states, and } = choice;
  const socket = socketOf(machine, holder);
  if (socket?.kind === 'tcp' && states && !states.has(socket.state)) return false;
  const answers = [
    pids?.has(holder.process.pid),
    fds?.some(([from, to]) => from <= holder.fd && holder.fd <= to),
    internet?.some((holds) => socket !== undefined && isListed(socket) && holds(socket)),
  ].filter((answer) => answer !== undefined);
  if (answers.length === 0) return true;
  return and ? answers.every(Boolean) : answers.some(Boolean);
}

/** Columns as lsof sets them: the command and the name to the left, all else to the right. */
function table(machine: MachineState, lines: readonly (Holder | string)[], ends: boolean): string {
  const holders = lines.filter((line) => typeof line !== 'string');
  const rows = holders.map((holder) => {
    const { process, fd } = holder;
    const { type, mode, device, offset, node, name } = fileOf(machine, holder, ends);
    const command = process.comm.slice(0, COMMAND_WIDTH);
    return [
      command,
      String(process.pid),
      userName(process.uid),
      String(fd),
      mode,
      type,
      device,
      offset,
      node,
      name,
    ];
  });
  const cells = [
    ['COMMAND', 'PID', 'USER', 'FD', ' ', 'TYPE', 'DEVICE', 'SIZE/OFF', 'NODE', 'NAME'],
    ...rows,
  ];
  /** The descriptor's number has room for four. */
  const least = [0, 0, 0, 4];
  const widths = cells[0]?.map((_, i) => Math.max(least[i] ?? 0, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string => {
    const right = (i: number) => (row[i] ?? '').padStart(widths?.[i] ?? 0);
    const command = (row[0] ?? '').padEnd(widths?.[0] ?? 0);
    return `${command} ${right(1)} ${right(2)} ${right(3)}${row[4]}  ${right(5)} ${right(6)} ${right(7)} ${right(8)} ${row[9]}\n`;
  };
  const set = cells.map(line)[Symbol.iterator]();
  const nextLine = (): string => set.next().value ?? '';
  return nextLine() + lines.map((of) => (typeof of === 'string' ? `${of}\n` : nextLine())).join('');
}

/** Sockets of a process that are in the same state look alike. */
function condensed(
  machine: MachineState,
  holders: readonly Holder[],
  most: number | undefined,
): readonly (Holder | string)[] {
  if (most === undefined) return holders;
  const look = (holder: Holder): string => {
    const socket = socketOf(machine, holder);
    return socket
      ? `${holder.process.pid} ${socket.kind} ${socket.state}`
      : `${holder.process.pid} ${holder.fd}`;
  };
  return alike(holders, look, most).flatMap(({ shown, more }) => [
    ...shown,
    ...(more ? [moreLike(more)] : []),
  ]);
}

/** Ends with 1 where nothing, or not all that was named, is found. */
function list(machine: MachineState, choice: Choice, most: number | undefined): Output {
  const all = descriptors(machine);
  const found = new Set(all.filter((holder) => isChosen(machine, holder, choice)));
  const pipes = new Set(
    choice.ends ? [...found].flatMap(({ file }) => (file.kind === 'pipe' ? [file.inode] : [])) : [],
  );
  const listed = all.filter(
    (holder) => found.has(holder) || (holder.file.kind === 'pipe' && pipes.has(holder.file.inode)),
  );
  const states = new Set([...found].flatMap((holder) => socketOf(machine, holder)?.state ?? []));
  const missesState = [...(choice.states ?? [])].some((state) => !states.has(state as SocketState['state']));
  const exit = found.size === 0 || missesState ? 1 : 0;
  if (listed.length === 0) return { ...printed(''), exit };
  const pids = [...new Set(listed.map(({ process }) => process.pid))];
  const stdout = choice.terse
    ? pids.map((pid) => `${pid}\n`).join('')
    : table(machine, condensed(machine, listed, most), choice.ends);
  return { ...printed(stdout), exit };
}

export const lsof: Command = (machine, _at_us, argv, { most_alike } = {}) => {
  try {
    return list(machine, parseWords(argv), most_alike);
  } catch (error) {
    if (error instanceof UsageError) return failed(`lsof: ${error.message}`, 1);
    throw error;
  }
};
