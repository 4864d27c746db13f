/** The words of the tools: what is not understood is said, and nothing is lost. */
import { describe, expect, it } from 'vitest';
import { runCommand } from '#simulations/tools/commands.ts';
import { parseOptions, UsageError } from '#simulations/tools/options.ts';
import { machine, tcp } from './machine-state.ts';

const server = machine([tcp({}), tcp({ cookie: 2, local: { address: '10.0.0.2', port: 22 } })]);

describe('options', () => {
  const names = { short: { a: 'all', p: 'pid' }, long: { all: 'all', pid: 'pid' }, valued: ['pid'] } as const;
  it.each([
    [['-a', 'x'], ['all='], ['x']],
    [['-ap5', 'x', '-a'], ['all=', 'pid=5', 'all='], ['x']],
    [['-p', '5'], ['pid=5'], []],
    [['--pid=5', '--all'], ['pid=5', 'all='], []],
    [['--pid', '5', '--', '-a'], ['pid=5'], ['-a']],
    [['-'], [], ['-']],
  ])('%j', (argv, given, operands) => {
    const options = parseOptions(argv, names);
    expect(options.given.map(({ name, value }) => `${name}=${value}`)).toEqual(given);
    expect(options.operands).toEqual(operands);
  });

  it.each([
    [['-x'], "invalid option -- 'x'"],
    [['--nosuch'], "unrecognized option '--nosuch'"],
    [['-p'], "option requires an argument -- 'p'"],
    [['--pid'], "option '--pid' requires an argument"],
    [['--all=5'], "option '--all' doesn't allow an argument"],
  ])('%j is refused', (argv, message) => {
    expect(() => parseOptions(argv, names)).toThrow(new UsageError(message));
  });
});

describe('a tool', () => {
  it.each([
    'ss -Y',
    'ss state',
    'ss state nosuch',
    'ss ( sport = :80',
    'ss sport = :80 )',
    'ss sport = :70000',
    'ss dst 10.0.0.256',
    'ss not',
    'ss and',
    'netstat --nosuch',
    'nstat -Y',
    'lsof -Y',
    'lsof -p x',
    'lsof -d 5-3',
    'lsof -i nosuch',
    'lsof -s UDP:Idle',
    'lsof -p',
    'strace',
    'strace -p x',
    'strace -Y -p 1',
    'strace -s many -p 1',
    'py-spy dump',
    'py-spy dump --pid 99999',
    'cat',
    'cat /proc/2001/nosuch',
    'cat /etc/passwd',
    'ls /proc/99999',
  ])('refuses: %s', (line) => {
    const { stdout, stderr, exit } = runCommand(server, 0, line);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/\S.*\n$/);
    expect(stderr).not.toMatch(/undefined|NaN|\[object/);
    expect(exit).toBeGreaterThan(0);
  });

  it.each([
    ['ss -tan sport = :22', 1],
    ["ss -tan 'sport = :22 or sport = :8080'", 2],
    ['ss -tan sport = :ssh', 1],
    ['ss -tan src 10.0/16', 2],
    ['ss -tan not src 10.0.0.2', 0],
    ['ss -6tan', 0],
    ['ss --tcp --all --numeric', 2],
  ])('%s finds %i', (line, found) => {
    expect(runCommand(server, 0, line).stdout.trimEnd().split('\n')).toHaveLength(1 + found);
  });

  it('lists the sysctls of a machine as files', () => {
    expect(runCommand(server, 0, 'cat /proc/sys/net/ipv4/tcp_syn_retries').stdout).toBe('6\n');
    expect(runCommand(server, 0, 'ls /proc/sys/net/ipv4').stdout).toContain('tcp_fin_timeout\n');
  });
});
