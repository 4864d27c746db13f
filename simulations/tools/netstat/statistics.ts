/** `netstat -s`: the counters in sentences. */
import type { MachineState } from '../../machine/state.ts';
import { COUNTERS, type CounterTable } from '../counters.ts';
import { countSockets } from '../ss/summary.ts';
import { ALWAYS, ONCE_COUNTED } from './sentences.ts';

/** Settings of TCP and IP, of which netstat says nothing. */
const UNSAID = new Set(['IpDefaultTTL', 'TcpRtoAlgorithm', 'TcpRtoMin', 'TcpRtoMax', 'TcpMaxConn']);

/** Headings within ICMP: what follows them is set in by four more. */
const HISTOGRAMS: Readonly<Record<string, { readonly title: string; readonly of: RegExp }>> = {
  In: { title: '    ICMP input histogram:', of: /^In(?!Msgs|Errors|CsumErrors)/ },
  Out: { title: '    ICMP output histogram:', of: /^Out(?!Msgs|Errors|RateLimit)/ },
};

/** `net.ipv4.ip_forward` of a machine that forwards nothing, as SNMP has it: 1 would be a router. */
const NOT_FORWARDING = 2;

function values(machine: MachineState): (name: string) => number {
  const { tcp } = countSockets(machine);
  return (name) => {
    if (name === 'IpForwarding') return machine.counters[name] ?? NOT_FORWARDING;
    return machine.counters[name] ?? (name === 'TcpCurrEstab' ? tcp.established : 0);
  };
}

function section(table: CounterTable, value: (name: string) => number): string[] {
  const say = (name: string, indent: string): string[] => {
    const full = table + name;
    const number = value(full);
    const sentence = ALWAYS[full] ?? (number ? (ONCE_COUNTED[full] ?? `${name}: %`) : undefined);
    return sentence && !UNSAID.has(full) ? [indent + sentence.replace('%', String(number))] : [];
  };
  const lines = [`${table}:`];
  if (table !== 'Icmp') return lines.concat(COUNTERS[table].flatMap((name) => say(name, '    ')));
  for (const [way, { title, of }] of Object.entries(HISTOGRAMS)) {
    const names = COUNTERS.Icmp.filter((name) => name.startsWith(way));
    lines.push(...names.filter((name) => !of.test(name)).flatMap((name) => say(name, '    ')), title);
    lines.push(...names.filter((name) => of.test(name)).flatMap((name) => say(name, '        ')));
  }
  return lines;
}

/** @param protocols that are asked for; all where none is */
export function statistics(machine: MachineState, protocols: readonly ('tcp' | 'udp')[]): string {
  const has = (protocol: 'tcp' | 'udp') => protocols.length === 0 || protocols.includes(protocol);
  const tables: CounterTable[] = [
    ...(protocols.length === 0 ? (['Ip', 'Icmp'] as const) : []),
    ...(has('tcp') ? (['Tcp'] as const) : []),
    ...(has('udp') ? (['Udp'] as const) : []),
    'UdpLite',
    ...(has('tcp') ? (['TcpExt'] as const) : []),
    'IpExt',
  ];
  const value = values(machine);
  return `${[...tables.flatMap((table) => section(table, value)), 'MPTcpExt:'].join('\n')}\n`;
}
