/** The milliseconds of processor that an act takes: unlike a clock, it does not see what else the machine does. */
export function cpuTime(act: () => void): number {
  const start = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
