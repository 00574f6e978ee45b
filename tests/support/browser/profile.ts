import { readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { launchProfile } from './chromium.ts'

/** Chromium's mark in a profile that is in use: a link to `host-pid`. */
const LOCK = 'SingletonLock'

/** A person whose browser keeps its profile in `folder`, so that it can be closed, killed and opened again. */
export class Profile {
  readonly folder: string
  #context: BrowserContext | null = null

  constructor(folder: string) {
    this.folder = folder
  }

  /** A new tab, in a browser that is started when none runs. */
  async open(url: string): Promise<Page> {
    this.#context ??= await launchProfile(this.folder)
    this.#context.setDefaultTimeout(30_000)
    const page = await this.#context.newPage()
    page.on('dialog', dialog => dialog.accept())
    await page.goto(url)
    return page
  }

  async close(): Promise<void> {
    await this.#context?.close()
    this.#context = null
  }

  /** What a power cut or a crash of the whole browser does to it: nothing is closed or written any more. */
  async kill(): Promise<void> {
    const context = this.#context
    if (!context) return
    const gone = new Promise(resolve => context.once('close', resolve))
    const pid = Number(/-(\d+)$/.exec(readlinkSync(join(this.folder, LOCK)))?.[1])
    process.kill(pid, 'SIGKILL')
    await gone
    this.#context = null
    rmSync(join(this.folder, LOCK), { force: true })
  }
}

/** What an out-of-memory kill does to a tab. */
export async function crashTab(page: Page): Promise<void> {
  const gone = new Promise(resolve => page.once('crash', resolve))
  const session = await page.context().newCDPSession(page)
  // It cannot answer.
  session.send('Page.crash').catch(() => undefined)
  await gone
}
