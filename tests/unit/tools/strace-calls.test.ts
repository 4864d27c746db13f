/** strace of the calls of a run, line by line as they appear. */
import { describe, expect, it } from 'vitest';
import { finalLines } from '#simulations/tools/line.ts';
import { UsageError } from '#simulations/tools/options.ts';
import { type CallEvent, straceLines } from '#simulations/tools/strace/strace.ts';

type Data = Readonly<Record<string, unknown>>;

let next = 0;
const event = (at_us: number, kind: string, data: Data) => ({
  index: next++,
  at_us,
  kind,
  data: { pid: 2001, tid: 2001, ...data },
});
/** A call and its return. */
function made(
  call: string,
  args: Data,
  returned: Data,
  blocked_us = 0,
): (CallEvent & { readonly data: Data })[] {
  next = 0;
  return [
    event(0, 'syscall', { call, args }),
    event(blocked_us, 'syscall-return', {
      call,
      args,
      errno: null,
      out: {},
      blocked_us,
      ...returned,
    }),
  ];
}
const printed = (events: readonly CallEvent[], argv = '-p 2001'): string[] =>
  finalLines(straceLines(events, argv.split(' '))).map(({ text }) => text);

describe('a call', () => {
  it.each([
    [0, '= 0 (flags O_RDONLY)'],
    [0o4001, '= 0x801 (flags O_WRONLY|O_NONBLOCK)'],
    [0o104002, '= 0x8802 (flags O_RDWR|O_NONBLOCK|O_LARGEFILE)'],
  ])('tells the flags %i of an open file by name', (value, says) => {
    const [line] = printed(made('fcntl', { fd: 3, cmd: 'F_GETFL' }, { value }));
    expect(line).toBe(`${'fcntl(3, F_GETFL)'.padEnd(39)} ${says}`);
  });

  it('stands without its end while it is blocked, until the line with its end takes its place', () => {
    const events = made(
      'connect',
      { fd: 3, address: '192.0.2.2', port: 80 },
      { value: -1, errno: 'ETIMEDOUT' },
      63e6,
    );
    const [open, ended] = straceLines(events, ['-tt', '-T', '-p', '2001']);
    const begin =
      '00:00:00.000000 connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("192.0.2.2")}, 16';
    expect(open).toEqual({ event: 0, until: 1, text: begin });
    expect(ended).toEqual({ event: 1, text: `${begin}) = -1 ETIMEDOUT (Connection timed out) <63.000000>` });
  });

  it('stays open where the run ends in it', () => {
    next = 0;
    expect(printed([event(0, 'syscall', { call: 'accept', args: { fd: 3 } })])).toEqual([
      'accept(3, NULL, NULL',
    ]);
  });

  it('has its result at column 40, or one blank behind a longer one', () => {
    const [short = ''] = printed(made('close', { fd: 3 }, { value: 0 }));
    expect(short.indexOf('= 0')).toBe(40);
    const [timed = ''] = printed(made('close', { fd: 3 }, { value: 0 }), '-tt -p 2001');
    expect(timed.indexOf('= 0')).toBe(40);
    const [long = ''] = printed(made('socket', {}, { value: 3 }));
    expect(long).toBe('socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3');
  });

  it('is printed with the seconds alone by -t', () => {
    expect(printed(made('pause', {}, { value: -1, errno: 'EINTR' }), '-t -p 2001')[0]).toMatch(
      /^00:00:00 pause\(\) /,
    );
  });

  // What strace 6.1 printed for a struct timeval of that length.
  it.each([
    [200, '\\0\\0\\0\\0\\0\\0\\0\\0@\\r\\3\\0\\0\\0\\0\\0'],
    [19, '\\0\\0\\0\\0\\0\\0\\0\\08J\\0\\0\\0\\0\\0\\0'],
    [30, '\\0\\0\\0\\0\\0\\0\\0\\0000u\\0\\0\\0\\0\\0\\0'],
    [5000, '\\5\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'],
    [9038, '\\t\\0\\0\\0\\0\\0\\0\\0p\\224\\0\\0\\0\\0\\0\\0'],
    [10_000, '\\n\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'],
    [11_013, '\\v\\0\\0\\0\\0\\0\\0\\0\\3102\\0\\0\\0\\0\\0\\0'],
    [12_345, '\\f\\0\\0\\0\\0\\0\\0\\0\\250C\\5\\0\\0\\0\\0\\0'],
    [127_000, '\\177\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'],
    [34_000, '\\"\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'],
    [92_000, '\\\\\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'],
    [300_000, ',\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0'],
  ])('shows the bytes of a timeout of %i ms as strace does: %s', (value, bytes) => {
    const events = made('setsockopt', { fd: 3, option: 'SO_SNDTIMEO', value }, { value: 0 });
    expect(printed(events)).toEqual([`setsockopt(3, SOL_SOCKET, SO_SNDTIMEO_OLD, "${bytes}", 16) = 0`]);
    expect(printed(events, '-s 0 -p 2001')[0]).toContain('SO_SNDTIMEO_OLD, ""..., 16)');
  });

  it.each([
    [
      'the select() of the incident',
      { read: [], write: [1024, 1026, 1045], except: [], timeout_ms: 2_097_157_000 },
    ],
  ])('prints sets of descriptors beyond 1024: %s', (_, args) => {
    const events = made(
      'select',
      args,
      { value: 2, out: { read: [], write: [1026, 1045], except: [] } },
      1e6,
    );
    expect(printed(events)[0]).toBe(
      'select(1046, NULL, [1024 1026 1045], NULL, {tv_sec=2097157, tv_usec=0}) = 2 (out [1026 1045], left {tv_sec=2097156, tv_usec=0})',
    );
  });

  it('that the table does not know is printed with all its arguments', () => {
    expect(printed(made('frobnicate', { fd: 3, how: 'X' }, { value: 0 }))[0]).toMatch(
      /^frobnicate\(3, X\) +=/,
    );
    expect(printed(made('toString', {}, { value: 0 }))[0]).toMatch(/^toString\(\) +=/);
  });
});

describe('which calls are printed', () => {
  const ours = made('read', { fd: 3, bytes: 10 }, { value: 0 });
  const others = ours.map((each) => ({ ...each, data: { ...each.data, tid: 2002 } }));
  const strangers = ours.map((each) => ({ ...each, data: { ...each.data, pid: 7, tid: 7 } }));
  it('those of the process, of its other threads only with -f', () => {
    expect(printed(strangers)).toEqual([]);
    expect(printed(others)).toEqual([]);
    expect(printed(others, '-f -p 2001')).toHaveLength(1);
  });

  it('those that -e names, by the names of the kernel', () => {
    expect(printed(ours, '-e trace=read -p 2001')).toHaveLength(1);
    expect(printed(ours, '-e trace=write,poll -p 2001')).toEqual([]);
    const sent = made('send', { fd: 3, bytes: 10, flags: 'MSG_MORE' }, { value: 10 });
    expect(printed(sent, '-e sendto -p 2001')).toEqual(['sendto(3, ""..., 10, MSG_MORE, NULL, 0) = 10']);
  });

  it.each(['', '-p x', '-s x -p 1', '-e signal=all -p 1', '-q -p 1'])(
    'the words "%s" are refused',
    (argv) => {
      expect(() => straceLines([], argv.split(' ').filter(Boolean))).toThrow(UsageError);
    },
  );
});
