/**
 * `strace -tt -T` of a process: each call with its errno and the time it was blocked.
 *
 * The simulation knows how many bytes a program writes, and not which. So strace is told to print none of them
 * (`-s 0`, and `-v` for the sizes of writev()'s buffers): it then shows every buffer as `""...`. A program is
 * taken to pass NULL where it need not know the answer: the peer's address to accept(), the time left to nanosleep().
 */
import type { Json, Trace, TraceEvent } from '../engine/trace.ts';
import { ERRNO, type Errno } from '../kernel/errno.ts';
import { type Tool, type ToolLine, timeOfDay } from './line.ts';

type Args = { readonly [name: string]: Json };

const ESCAPES: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

/** Bytes as strace quotes them: octal is as short as the byte after it allows. */
function quoted(bytes: Uint8Array): string {
  const isOctalDigit = (byte: number | undefined) => byte !== undefined && byte >= 48 && byte <= 55;
  const letters = Array.from(bytes, (byte, i) => {
    const escaped = ESCAPES[byte];
    if (escaped) return escaped;
    if (byte >= 32 && byte < 127) return String.fromCharCode(byte);
    const octal = byte.toString(8);
    return `\\${isOctalDigit(bytes[i + 1]) ? octal.padStart(3, '0') : octal}`;
  });
  return `"${letters.join('')}"`;
}

/** A `struct timeval` of 16 bytes, which strace does not decode here. @param ms its length */
function timeval(ms: number): string {
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setBigInt64(0, BigInt(Math.floor(ms / 1000)), true);
  bytes.setBigInt64(8, BigInt((ms % 1000) * 1000), true);
  return quoted(new Uint8Array(bytes.buffer));
}

/** Bytes that are not printed. */
const BUFFER = '""...';

const bufferSizes = ({ buffers }: Args): readonly number[] => buffers as readonly number[];

function callText(name: string, args: Args): string {
  switch (name) {
    case 'socket':
      return `socket(AF_INET, SOCK_STREAM${args.nonblocking ? '|SOCK_NONBLOCK' : ''}, IPPROTO_IP`;
    case 'connect':
      return `connect(${args.fd}, {sa_family=AF_INET, sin_port=htons(${args.port}), sin_addr=inet_addr("${args.address}")}, 16`;
    case 'setsockopt':
      return args.option === 'SO_SNDTIMEO'
        ? `setsockopt(${args.fd}, SOL_SOCKET, SO_SNDTIMEO_OLD, ${timeval(Number(args.value))}, 16`
        : `setsockopt(${args.fd}, SOL_TCP, ${args.option}, [${args.value}], 4`;
    case 'poll':
      return `poll([{fd=${args.fd}, events=POLLOUT}], 1, ${args.timeout_ms}`;
    case 'getsockopt':
      return `getsockopt(${args.fd}, SOL_SOCKET, ${args.option}`;
    case 'bind':
      return `bind(${args.fd}, {sa_family=AF_INET, sin_port=htons(${args.port}), sin_addr=inet_addr("0.0.0.0")}, 16`;
    case 'accept':
      return `accept(${args.fd}, NULL, NULL`;
    case 'read':
      // strace prints the buffer when it is filled.
      return `read(${args.fd}, `;
    case 'write':
      return `write(${args.fd}, ${BUFFER}, ${args.bytes}`;
    case 'writev':
      return `writev(${args.fd}, [${bufferSizes(args)
        .map((bytes) => `{iov_base=${BUFFER}, iov_len=${bytes}}`)
        .join(', ')}], ${bufferSizes(args).length}`;
    case 'send':
      return `sendto(${args.fd}, ${BUFFER}, ${args.bytes}, ${args.flags}, NULL, 0`;
    case 'nanosleep':
      return `clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=${Math.floor(Number(args.ms) / 1000)}, tv_nsec=${(Number(args.ms) % 1000) * 1e6}}, NULL`;
    default:
      return `${name}(${Object.values(args).join(', ')}`;
  }
}

function resultText({ call, args, value, errno, out }: TraceEvent['data']): string {
  // A failed read() shows where the buffer is, which nobody knows here.
  const buffer =
    call === 'read' ? `${errno ? '0x7ffc5a1f2c40' : value ? BUFFER : '""'}, ${(args as Args).bytes}` : '';
  if (call === 'read' && !errno) return `${buffer}) = ${value}`;
  if (errno) return `${buffer}) = -1 ${errno} (${ERRNO[errno as Errno].text})`;
  const written = out as Args;
  if (call === 'getsockopt') return `, [${written.error ?? 0}], [4]) = 0`;
  if (call === 'poll') {
    const revents = (written.revents as readonly string[]).join('|');
    return revents ? `) = ${value} ([{fd=3, revents=${revents}}])` : ') = 0 (Timeout)';
  }
  return `) = ${value}`;
}

/** The process that opens the connection: what one would trace first. */
const connecting = ({ events }: Trace): string | undefined =>
  (
    events.find(({ kind, data }) => kind === 'syscall' && data.call === 'connect') ??
    events.find(({ kind }) => kind === 'syscall')
  )?.actor;

function linesOf({ events }: Trace, process: string | undefined): ToolLine[] {
  const lines: ToolLine[] = [];
  let open: { event: number; text: string } | null = null;
  for (const { index, at_us, actor, kind, data } of events) {
    if (actor !== process) continue;
    if (kind === 'syscall')
      open = {
        event: index,
        text: `${timeOfDay(at_us)} ${callText(String(data.call), data.args as Args)}`,
      };
    else if (kind === 'syscall-return' && open) {
      const seconds = (Number(data.blocked_us) / 1e6).toFixed(6);
      lines.push({ ...open, until: index });
      lines.push({ event: index, text: `${open.text}${resultText(data)} <${seconds}>` });
      open = null;
    } else if (kind === 'process-killed' || kind === 'process-exited') {
      if (open) lines.push({ ...open, until: index }, { event: index, text: `${open.text}) = ?` });
      const end = kind === 'process-killed' ? 'killed by SIGKILL' : 'exited with 0';
      lines.push({ event: index, text: `${timeOfDay(at_us)} +++ ${end} +++` });
      open = null;
    }
  }
  if (open) lines.push(open);
  return lines;
}

export const strace: Tool = {
  name: 'strace',
  kind: 'strace',
  command: 'strace -tt -T -p PID',
  lines: (trace) => linesOf(trace, connecting(trace)),
};

/** One process of several. @param process its name in the trace @param where on which end it runs */
export const straceOf = (process: string, where: string): Tool => ({
  name: `strace-${where}`,
  title: `strace ${where}`,
  kind: 'strace',
  command: 'strace -tt -T -v -s 0 -p PID',
  lines: (trace) => linesOf(trace, process),
});
