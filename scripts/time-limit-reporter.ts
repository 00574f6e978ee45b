/**
 * A reporter for Vitest that ends a run after `TEST_LIMIT_S` seconds: it names what is still running, lets it come to its own
 * limits, and the rest is not started. So a run that hangs says where, and the report of what did run is written.
 */
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node'

/** A module may have to wait for its test's own limit, of minutes; what has not ended then never will. */
const LAST_RESORT_MS = 150_000

export default class TimeLimitReporter implements Reporter {
  readonly #running = new Map<TestModule, TestCase | null>()
  #vitest: Vitest | undefined
  #limit: NodeJS.Timeout | undefined

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
  }

  onTestRunStart(): void {
    const seconds = Number(process.env['TEST_LIMIT_S'])
    if (seconds > 0) this.#limit = setTimeout(() => void this.#end(seconds), seconds * 1000)
  }

  onTestModuleStart(module: TestModule): void {
    this.#running.set(module, null)
  }

  onTestCaseReady(test: TestCase): void {
    this.#running.set(test.module, test)
  }

  onTestModuleEnd(module: TestModule): void {
    this.#running.delete(module)
  }

  onTestRunEnd(): void {
    clearTimeout(this.#limit)
  }

  async #end(seconds: number): Promise<void> {
    process.exitCode = 1
    this.#tell(`The time limit of ${seconds} s is over. Still running:`)
    // While it cancels, what never ends is named again and left.
    this.#limit = setTimeout(() => {
      this.#tell('These did not end:')
      process.exit(1)
    }, LAST_RESORT_MS)
    await this.#vitest?.cancelCurrentRun('keyboard-input')
  }

  #tell(title: string): void {
    process.stderr.write(`${title}\n`)
    for (const [module, test] of this.#running) {
      process.stderr.write(`  ${module.relativeModuleId}${test ? ` > ${test.fullName}` : ''}\n`)
    }
  }
}
