/**
 * Milliseconds of CPU time that this process spends on `work`. For limits that tell a sum from a square: other work on the
 * machine does not count.
 */
export function cpuTime(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { system, user } = process.cpuUsage(before)
  return (system + user) / 1000
}
