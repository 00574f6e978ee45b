import { describe } from 'vitest'
import { whyNoLab } from './nat-lab.ts'

/** Tests that need a laboratory; where there is none they are skipped, and their title says why. */
export function describeInLab(title: string, tests: () => void): void {
  const reason = whyNoLab()
  if (reason === null) describe(title, tests)
  else describe.skip(`${title} (skipped: ${reason})`, tests)
}
