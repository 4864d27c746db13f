/** The services by which ss and netstat name a port when -n is not given: those of /etc/services that the chapters use. */
const SERVICES: Readonly<Record<'tcp' | 'udp', Readonly<Record<number, string>>>> = {
  tcp: { 22: 'ssh', 53: 'domain', 80: 'http', 443: 'https', 514: 'shell', 631: 'ipp', 8080: 'http-alt' },
  udp: { 53: 'domain', 123: 'ntp', 514: 'syslog', 631: 'ipp' },
};

/** `8080`, or `http-alt`. */
export const portName = (protocol: 'tcp' | 'udp', port: number, numeric: boolean): string =>
  (numeric ? undefined : SERVICES[protocol][port]) ?? String(port);

/** Its number, or null for a name that is none. */
export function portNumber(name: string): number | null {
  if (/^\d+$/.test(name)) return Number(name) < 65_536 ? Number(name) : null;
  const found = [...Object.entries(SERVICES.tcp), ...Object.entries(SERVICES.udp)].find(
    ([, service]) => service === name,
  );
  return found ? Number(found[0]) : null;
}
