import { setTimeout as sleep } from 'node:timers/promises'
import type { Element, WebDriver } from './web-driver.ts'

const POLL_MS = 100
/** Longest any single step of a test may take, in milliseconds. */
const STEP_LIMIT_MS = 60_000

/** What people press: its name is its label, or else its text. */
const PRESSABLE = 'button, a[href], summary, [role=button], [role=switch], [role=checkbox]'

// biome-ignore lint/performance/useDomNodeTextContent: not what is hidden, nor scripts
const read = () => document.body.innerText
// biome-ignore lint/performance/useDomNodeTextContent: as above
const isRead = (text: string) => document.body.innerText.includes(text)

/** The one page of a WebKit: what a test does with it. Each wait says what it waits for. */
export class WebKitPage {
  readonly #driver: WebDriver

  constructor(driver: WebDriver) {
    this.#driver = driver
  }

  goto = (url: string) => this.#driver.goto(url)
  get evaluate() {
    return this.#driver.evaluate.bind(this.#driver)
  }

  /** Resolves with what `look` finds in the page, as soon as that is neither null nor false. */
  async waitFor<Args extends readonly unknown[], Found>(
    what: string,
    look: (...args: Args) => Found,
    ...args: Args
  ): Promise<Exclude<Awaited<Found>, null | false | undefined>> {
    const deadline = Date.now() + STEP_LIMIT_MS
    for (;;) {
      const found = await this.evaluate(look, ...args)
      if (found !== null && found !== undefined && found !== false)
        return found as Exclude<Awaited<Found>, null | false | undefined>
      if (Date.now() > deadline) {
        throw new Error(`${what}: not within ${STEP_LIMIT_MS} ms. The page says ${await this.text()}`)
      }
      await sleep(POLL_MS)
    }
  }

  /** What a person reads on the page. */
  text = (): Promise<string> => this.evaluate(read)

  /** Resolves when an element of the page matches `selector`. */
  async has(selector: string): Promise<void> {
    await this.waitFor(selector, wanted => document.querySelector(wanted) !== null, selector)
  }

  /** Resolves when the page shows `text`. */
  async shows(text: string): Promise<void> {
    await this.waitFor(`“${text}”`, isRead, text)
  }

  /** Resolves when the share of this page is in `state`. */
  stateIs = (state: string): Promise<void> => this.has(`[data-share][data-state=${state}]`)

  /** Value of an attribute of the first element that matches `selector`, which is there. */
  attribute(selector: string, name: string): Promise<string | null> {
    return this.evaluate(
      (wanted, attribute) => document.querySelector(wanted)?.getAttribute(attribute) ?? null,
      selector,
      name,
    )
  }

  /** Names of everything in view that can be pressed. */
  pressable(): Promise<readonly string[]> {
    return this.evaluate(
      selector =>
        [...document.querySelectorAll<HTMLElement>(selector)]
          .filter(element => element.checkVisibility() && !element.matches(':disabled'))
          .map(element => element.ariaLabel ?? element.textContent.trim()),
      PRESSABLE,
    )
  }

  /** Press what is called `name`, or begins with it, once React hears of it and it stays where it is. */
  async press(name: string): Promise<void> {
    const element = await this.waitFor(
      `something to press called “${name}”`,
      (selector, wanted) => {
        const found = [...document.querySelectorAll<HTMLElement>(selector)].find(
          element =>
            (element.ariaLabel ?? element.textContent.trim()).startsWith(wanted) &&
            element.checkVisibility() &&
            !element.matches(':disabled') &&
            Object.keys(element).some(key => key.startsWith('__reactProps')),
        )
        if (!found) return null
        const place = JSON.stringify(found.getBoundingClientRect())
        const seen = found as HTMLElement & { placeBefore?: string }
        const isStill = seen.placeBefore === place
        seen.placeBefore = place
        return isStill && found
      },
      PRESSABLE,
      name,
    )
    await this.#driver.click(element as unknown as Element)
  }

  /** Choose the file at `path` in the field that matches `selector`. */
  async choose(selector: string, path: string): Promise<void> {
    await this.has(selector)
    const element = await this.evaluate(wanted => document.querySelector(wanted), selector)
    await this.#driver.type(element as unknown as Element, path)
  }
}
