import { setTimeout as sleep } from 'node:timers/promises'

/** Key under which the protocol names an element (W3C WebDriver, section 12). */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
const POLL_MS = 50
/** Longest time for one command; waiting is done here, not there. */
const COMMAND_LIMIT_MS = 60_000

/** An element of the page, as the protocol passes it. */
export type Element = Readonly<Record<typeof ELEMENT, string>>

/** One session of a W3C WebDriver: the commands that the tests need. */
export class WebDriver {
  readonly #session: string

  private constructor(session: string) {
    this.#session = session
  }

  /** Waits until the driver at `url` answers, and has it start a browser with these capabilities. */
  static async open(url: string, capabilities: object, limitMs: number): Promise<WebDriver> {
    const deadline = Date.now() + limitMs
    for (;;) {
      const answer = await fetch(`${url}/status`).catch(() => null)
      if (answer?.ok) break
      if (Date.now() > deadline) throw new Error(`the driver does not answer within ${limitMs} ms`)
      await sleep(POLL_MS)
    }
    const body = { capabilities: { alwaysMatch: capabilities } }
    const { sessionId } = await command<{ sessionId: string }>('POST', `${url}/session`, body, limitMs)
    const driver = new WebDriver(`${url}/session/${sessionId}`)
    await driver.#post('timeouts', { script: COMMAND_LIMIT_MS, pageLoad: COMMAND_LIMIT_MS })
    return driver
  }

  goto = (url: string): Promise<unknown> => this.#post('url', { url })

  /** Calls `fn` with `args` in the page, awaits it there and resolves with what JSON has of the result. */
  async evaluate<Args extends readonly unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Awaited<Result>> {
    const script = `const done = arguments[arguments.length - 1];
      Promise.resolve().then(() => (${fn})(...[...arguments].slice(0, -1)))
        .then(value => done({ value }), reason => done({ reason: String(reason) }))`
    const { reason, value } = await this.#post<{ reason?: string; value: Awaited<Result> }>('execute/async', {
      script,
      args,
    })
    if (reason !== undefined) throw new Error(`in the page: ${reason}`)
    return value
  }

  /** As a person: it is scrolled into view, and nothing may cover it. */
  click = (element: Element): Promise<unknown> => this.#post(`element/${element[ELEMENT]}/click`, {})

  /** Types into a field; in a choice of files, `text` is a path. */
  type = (element: Element, text: string): Promise<unknown> =>
    this.#post(`element/${element[ELEMENT]}/value`, { text })

  /** Closes the window; gives up after `limitMs`. */
  async close(limitMs: number): Promise<void> {
    await command('DELETE', this.#session, undefined, limitMs).catch(() => undefined)
  }

  #post<Value>(name: string, body: object): Promise<Value> {
    // The limits of scripts and pages in the browser come first, and say more.
    return command('POST', `${this.#session}/${name}`, body, 1.2 * COMMAND_LIMIT_MS)
  }
}

async function command<Value>(
  method: string,
  url: string,
  body: object | undefined,
  limitMs: number,
): Promise<Value> {
  const answer = await fetch(url, {
    method,
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(limitMs),
  })
  const { value } = (await answer.json()) as { value: Value & { error?: string; message?: string } }
  if (!answer.ok) throw new Error(`${method} ${new URL(url).pathname}: ${value.error}: ${value.message}`)
  return value
}
