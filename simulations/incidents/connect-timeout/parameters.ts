/** What can be set in the connect-timeout incident, and the sets worth a look. Their names are a contract. */
import type { Schema, Values } from '../../engine/parameters.ts';
import { KERNELS, type KernelProfile, type KernelVersion } from '../../kernel/profile.ts';
import type { Preset } from '../../simulation.ts';

/** The profile of the kernel that was chosen. */
export const kernelOf = (earlier: { readonly [name: string]: unknown }): KernelProfile =>
  KERNELS[earlier.kernel as KernelVersion];

const HOUR_ms = 3_600_000;

/** What the playbook sets tcp_syn_retries to. */
export const FIRST_AID_RETRIES = 3;

export const parameters = {
  kernel: {
    type: 'choice',
    choices: Object.fromEntries(Object.entries(KERNELS).map(([version, { help }]) => [version, help])),
    default: '6.12',
    help: 'Linux version: sets the defaults of its sysctls and the rules for TCP_USER_TIMEOUT',
  },
  family: {
    type: 'choice',
    choices: { inet: 'IPv4', inet6: 'IPv6: other errors, and neighbour discovery in place of ARP' },
    default: 'inet',
    names: 'AF_INET, AF_INET6',
    help: 'the protocol under TCP',
  },
  peer: {
    type: 'choice',
    choices: {
      drops: 'never answers: a firewall that drops, a dead host behind a router',
      refuses: 'has no listener on the port: answers with a reset',
      listens: 'answers with a SYN-ACK',
      'rejects-reset': 'a firewall on the way answers for it: REJECT with a TCP reset',
      'rejects-port': 'a REJECT rule: ICMP port unreachable',
      'rejects-host': 'a REJECT rule: ICMP host unreachable; IPv6: address unreachable',
      'rejects-net': 'a REJECT rule: ICMP net unreachable; IPv6: no route',
      'rejects-admin': 'a REJECT rule: ICMP administratively prohibited',
      absent: 'is on this network but gone: nobody answers ARP or neighbour discovery',
    },
    default: 'drops',
    help: 'what the other end does',
  },
  lose_first: {
    type: 'integer',
    min: 0,
    max: 300,
    default: 0,
    help: 'SYNs that the network loses before one gets through (a peer that drops loses them all)',
  },
  rtt_ms: {
    type: 'integer',
    unit: 'ms',
    min: 0,
    max: 10_000,
    default: 1,
    help: 'round-trip time to the peer',
  },
  tcp_syn_retries: {
    type: 'integer',
    min: 1,
    max: 127,
    default: (earlier) => kernelOf(earlier).tcp_syn_retries,
    names: 'net.ipv4.tcp_syn_retries',
    help: 'how often a SYN is sent again with doubling waits',
  },
  tcp_syn_linear_timeouts: {
    type: 'integer',
    min: 0,
    max: (earlier) => (kernelOf(earlier).tcp_syn_linear_timeouts === null ? 0 : 127),
    hangsOn: 'kernel',
    default: (earlier) => kernelOf(earlier).tcp_syn_linear_timeouts ?? 0,
    names: 'net.ipv4.tcp_syn_linear_timeouts',
    help: 'retransmissions 1 s apart before the waits double (Linux 6.5 and later)',
  },
  so_sndtimeo_ms: {
    type: 'integer',
    unit: 'ms',
    min: 0,
    max: HOUR_ms,
    default: 0,
    special: { 0: 'none' },
    names: 'SO_SNDTIMEO',
    help: 'how long a blocking connect() may sleep',
  },
  tcp_user_timeout_ms: {
    type: 'integer',
    unit: 'ms',
    min: 0,
    max: HOUR_ms,
    default: 0,
    special: { 0: 'none' },
    names: 'TCP_USER_TIMEOUT',
    help: 'how long TCP may try before it gives up',
  },
  tcp_syncnt: {
    type: 'integer',
    min: 0,
    max: 127,
    default: 0,
    special: { 0: 'the sysctl' },
    names: 'TCP_SYNCNT',
    help: 'tcp_syn_retries for this socket alone',
  },
  nonblocking: {
    type: 'boolean',
    default: false,
    names: 'O_NONBLOCK',
    help: 'connect() returns at once and poll() waits',
  },
  poll_timeout_ms: {
    type: 'integer',
    unit: 'ms',
    min: -1,
    max: HOUR_ms,
    default: 3000,
    special: { [-1]: 'for ever' },
    help: 'how long poll() waits; counts with nonblocking only',
  },
  connects: {
    type: 'integer',
    min: 1,
    max: 5,
    default: 1,
    help: 'connect() calls on the same socket while the attempt goes on',
  },
  first_aid: {
    type: 'choice',
    choices: {
      none: 'nothing',
      'ss-kill': 'ss -tK state syn-sent dst [PEER]: destroys the sockets that wait now',
      'route-unreachable': 'ip route add unreachable PEER: later attempts fail at once',
      sysctl: `sysctl -w net.ipv4.tcp_syn_retries=${FIRST_AID_RETRIES}`,
    },
    default: 'none',
    help: 'what root does on the client while the call hangs',
  },
  first_aid_at_ms: {
    type: 'integer',
    unit: 'ms',
    min: 0,
    max: HOUR_ms,
    default: 20_000,
    special: { 0: 'before connect()' },
    help: 'when root does it; counts with first_aid only',
  },
  heartbeat_s: {
    type: 'integer',
    unit: 's',
    min: 0,
    max: 86_400,
    default: 0,
    special: { 0: 'no supervisor' },
    help: 'seconds that the supervisor waits for the worker before it kills it',
  },
  seed: {
    type: 'integer',
    min: 0,
    max: 4_294_967_295,
    default: 1,
    help: 'picks port, sequence numbers and timestamps',
  },
} as const satisfies Schema;

export type ConnectTimeoutParameters = Values<typeof parameters>;

/** The story on today's kernel: the remedies are shown on it, so that they compare with each other. */
const today = { kernel: '6.12', heartbeat_s: 60 } as const;

export const presets: readonly Preset[] = [
  {
    id: 'post',
    label: 'The incident',
    help: 'The post’s kernel would need 63 s. The supervisor waits 60.',
    given: { kernel: '3.2', heartbeat_s: 60 },
  },
  {
    id: 'post-63s',
    label: 'Without the supervisor',
    help: 'The same kernel, left alone: ETIMEDOUT after 63 s.',
    given: { kernel: '3.2' },
  },
  {
    id: 'today',
    label: 'Today’s default',
    help: 'Linux 6.5 and later, without a supervisor: five retries a second apart first, 131 s in all.',
    given: { kernel: '6.12' },
  },
  {
    id: 'refused',
    label: 'Refused',
    help: 'A closed port answers with a reset: one round trip.',
    given: { ...today, peer: 'refuses', rtt_ms: 24 },
  },
  {
    id: 'first-syn-lost',
    label: 'First SYN lost',
    help: 'The post’s second capture: one loss costs a second.',
    given: { kernel: '3.2', peer: 'refuses', lose_first: 1, rtt_ms: 24, heartbeat_s: 60 },
  },
  {
    id: 'rejected',
    label: 'Rejected',
    help: 'A firewall that says no, with ICMP host unreachable, instead of dropping.',
    given: { ...today, peer: 'rejects-host', rtt_ms: 24 },
  },
  {
    id: 'firewall-reset',
    label: 'Reset by a firewall',
    help: 'REJECT with a TCP reset: to connect() it is a closed port.',
    given: { ...today, peer: 'rejects-reset', rtt_ms: 24 },
  },
  {
    id: 'prohibited',
    label: 'Prohibited, IPv6',
    help: 'Administratively prohibited over IPv6 is EACCES; over IPv4 it is EHOSTUNREACH.',
    given: { ...today, family: 'inet6', peer: 'rejects-admin', rtt_ms: 24 },
  },
  {
    id: 'absent',
    label: 'Host is gone',
    help: 'Nobody answers ARP: EHOSTUNREACH after 3 s, and no SYN on the wire.',
    given: { ...today, peer: 'absent' },
  },
  {
    id: 'ss-kill',
    label: 'First aid: ss -K',
    help: 'Root destroys the socket after 20 s: ECONNABORTED at once.',
    given: { ...today, first_aid: 'ss-kill' },
  },
  {
    id: 'route-unreachable',
    label: 'First aid: a route',
    help: 'An unreachable route after 20 s stops the SYNs, not the wait: EHOSTUNREACH after 131 s.',
    given: { ...today, heartbeat_s: 0, first_aid: 'route-unreachable' },
  },
  {
    id: 'poll',
    label: '+ non-blocking, poll()',
    help: 'Connect without blocking, wait 5 s in poll().',
    given: { ...today, nonblocking: true, poll_timeout_ms: 5000 },
  },
  {
    id: 'sndtimeo',
    label: '+ SO_SNDTIMEO',
    help: 'A blocking connect() that sleeps 5 s at most.',
    given: { ...today, so_sndtimeo_ms: 5000 },
  },
  {
    id: 'user-timeout',
    label: '+ TCP_USER_TIMEOUT',
    help: 'TCP itself gives up after 5 s.',
    given: { ...today, tcp_user_timeout_ms: 5000 },
  },
  {
    id: 'fewer-retries',
    label: '+ TCP_SYNCNT',
    help: 'TCP_SYNCNT 2: the time of two doubling retries, 7 s.',
    given: { ...today, tcp_syncnt: 2 },
  },
];
