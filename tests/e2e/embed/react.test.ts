import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { setStage } from '../../support/browser/stage.ts'
import { noise, sha256File, writeTree } from '../../support/content/fixtures.ts'
import { type HostServer, html, startHost } from '../../support/widget/host-page.ts'

const { folder, person, publisher, server } = setStage()

let host: HostServer
let link: string
beforeAll(async () => {
  host = await startHost()
  writeTree(folder.path, { 'image.bin': noise(1_000_000, 51) })
  link = (await publisher().publish(join(folder.path, 'image.bin'))).link
  const build = await rolldown({
    input: join(import.meta.dirname, '../../support/widget/react-host.tsx'),
    platform: 'browser',
    transform: { define: { 'process.env.NODE_ENV': '"development"' } },
  })
  const { output } = await build.generate({ format: 'esm', codeSplitting: false })
  host.put('/app.js', { body: output[0].code, headers: { 'content-type': 'text/javascript' } })
})
afterAll(() => host.close())

it('works in a React application, in strict mode, mounted, renamed, unmounted and mounted again', async () => {
  const page = await person()
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(error.message))
  page.on(
    'console',
    message => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()),
  )
  const root = `<div id="root" data-share="${link.slice(-40)}" data-link="${link}"></div>`
  const scripts = `<script type="module" src="${server.url}/embed.js"></script><script type="module" src="/app.js"></script>`
  await page.goto(host.put('/react', { body: html(root, scripts) }))
  await page.getByRole('button', { name: 'Get it' }).waitFor()
  await page.getByRole('button', { name: 'Toggle' }).click()
  await page.locator('tabseed-download').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Toggle' }).click()
  await page.getByRole('button', { name: 'Rename' }).click()
  const [saved] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Get it now' }).click(),
  ])
  const path = join(folder.path, 'saved', 'react.bin')
  await saved.saveAs(path)
  expect(sha256File(path)).toBe(sha256File(join(folder.path, 'image.bin')))
  // The browser asks for an icon that this site does not have.
  expect(complaints.filter(text => !text.includes('favicon') && !text.includes('404'))).toEqual([])
})
