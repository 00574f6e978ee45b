/**
 * Prints which tests failed, needed another try or did not run, what failed beside tests, and as its last line the count of tests:
 * `node scripts/test-report.ts STEP=REPORT… [STEP…]`. Each REPORT is what Vitest's JSON reporter wrote in that step of
 * `.ci/run`, each STEP alone a step that failed. Ends with 1 when anything failed.
 */
import { readFileSync } from 'node:fs'

/** What is read of the report of Vitest's JSON reporter. */
interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly fullName: string
      readonly tags?: readonly string[]
      /** Of every try: one that passed may have them too. */
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

interface Summary {
  readonly lines: readonly string[]
  readonly failed: number
}

/**
 * The lines to print for the reports of steps with tests. What is tagged `long` and did not run is only counted apart. Failures are
 * failed tests, files that failed without one (they could not be loaded), and the steps in `failedSteps`; one with tests counts
 * only when it failed for none of these reasons (an error outside of all tests).
 */
export function summarize(
  reports: ReadonlyMap<string, Report | null>,
  failedSteps: readonly string[],
): Summary {
  const lines: string[] = []
  let [failed, passed, skipped, left] = [0, 0, 0, 0]
  for (const [step, report] of reports) {
    const files = report?.testResults ?? []
    const tests = files.flatMap(({ assertionResults }) => assertionResults)
    const failedTests = tests.filter(({ status }) => status === 'failed').length
    const notRun = tests.filter(
      ({ status, tags }) => status !== 'failed' && status !== 'passed' && !tags?.includes('long'),
    )
    for (const { fullName } of notRun) lines.push(`skipped: ${fullName}`)
    for (const { failureMessages, fullName, status } of tests) {
      const [reason] = failureMessages ?? []
      const why = reason === undefined ? '' : `: ${reason.split('\n', 1)[0]}`
      if (status === 'failed') lines.push(`failed: ${fullName}${why}`)
      else if (status === 'passed' && reason !== undefined) lines.push(`tried again: ${fullName}${why}`)
    }
    const failedFiles = files.filter(
      file => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
    )
    for (const { message, name } of failedFiles) lines.push(`file failed: ${name}: ${message ?? ''}`)
    const explained = failedTests + failedFiles.length
    const isUnexplained = explained === 0 && (!report || failedSteps.includes(step))
    if (!report) lines.push(`the tests of step ${step} did not run`)
    else if (isUnexplained) lines.push(`step failed: ${step}, with no failed test: see its log`)
    failed += explained + (isUnexplained ? 1 : 0)
    passed += report?.numPassedTests ?? 0
    skipped += notRun.length
    left += tests.filter(({ status, tags }) => status === 'skipped' && tags?.includes('long')).length
  }
  for (const step of failedSteps.filter(name => !reports.has(name))) {
    lines.push(`step failed: ${step}`)
    failed++
  }
  if (left > 0) lines.push(`left to npm run test:long: ${left} tests`)
  lines.push(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  return { lines, failed }
}

function readReport(path: string): Report | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return null
  }
}

if (import.meta.main) {
  const reports = new Map<string, Report | null>()
  const failedSteps: string[] = []
  for (const argument of process.argv.slice(2)) {
    const [step = '', path] = argument.split('=', 2)
    if (path === undefined) failedSteps.push(step)
    else reports.set(step, readReport(path))
  }
  const { failed, lines } = summarize(reports, failedSteps)
  process.stdout.write(`${lines.join('\n')}\n`)
  process.exitCode = failed > 0 ? 1 : 0
}
