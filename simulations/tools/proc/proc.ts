/** The part of /proc that the chapters look at: /proc/PID, /proc/net and /proc/sys/net. */
import type { MachineState } from '../../machine/state.ts';
import { directory, type Entry, file } from './entry.ts';
import { NET_FILES, netEntry } from './net.ts';
import { processEntry } from './process.ts';

/** Sysctls by the folders that their files are in. What is no sysctl of the kernel is in none. */
const FOLDERS: Readonly<Record<string, RegExp>> = {
  core: /^(?:somaxconn|[rw]mem_|netdev_)/,
  ipv4: /^(?:tcp|udp|ip)_/,
};

/** Several numbers stand in one file, with tabs between. */
const sysctlText = (value: number | readonly number[]): string =>
  `${typeof value === 'number' ? value : value.join('\t')}\n`;

function sysctlEntry({ sysctls }: MachineState, names: readonly string[]): Entry | null {
  const [folder, name, ...deeper] = names;
  if (folder === undefined) return directory(Object.keys(FOLDERS));
  const own = Object.entries(sysctls).filter(([sysctl]) => FOLDERS[folder]?.test(sysctl));
  if (name === undefined) return own.length > 0 ? directory(own.map(([sysctl]) => sysctl)) : null;
  const found = own.find(([sysctl]) => sysctl === name);
  return found && deeper.length === 0 ? file(sysctlText(found[1])) : null;
}

/** @param path absolute: `/proc/17/wchan` @returns null where there is nothing */
export function procEntry(machine: MachineState, at_us: number, path: string): Entry | null {
  const [root, name, ...names] = path.split('/').filter(Boolean);
  if (root !== 'proc') return null;
  const running = [...machine.processes.values()].filter(({ status }) => status === 'running');
  if (name === undefined)
    return directory([...running.map(({ pid }) => pid).sort((a, b) => a - b), 'net', 'sys']);
  if (name === 'net') {
    const [of, ...deeper] = names;
    if (of === undefined) return directory(NET_FILES);
    return deeper.length === 0 ? netEntry(machine, at_us, of) : null;
  }
  if (name === 'sys') {
    const [area, ...deeper] = names;
    if (area === undefined) return directory(['net']);
    return area === 'net' ? sysctlEntry(machine, deeper) : null;
  }
  const process = running.find(({ pid }) => String(pid) === name);
  return process ? processEntry(machine, process, names) : null;
}
