/** The processor time of this process since then, in ms: what other processes do, or keep it from doing, does not count. */
export function spent_ms(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}
