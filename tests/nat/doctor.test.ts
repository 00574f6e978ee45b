import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { closePerson } from '../support/browser/pages.ts'
import { describeInLab } from '../support/nat/describe-in-lab.ts'
import { NatLab, PUBLIC_V4, type RouterKind } from '../support/nat/nat-lab.ts'
import { labPerson, labTurn, TURN, TURN_TLS } from '../support/nat/nat-stage.ts'
import { labServer } from '../support/net/lab-server.ts'

describeInLab('the doctor behind a router', () => {
  const stack = new AsyncDisposableStack()
  const people: Page[] = []
  let lab: NatLab

  beforeAll(async () => {
    lab = stack.use(NatLab.open())
    stack.use(await labTurn(lab))
    stack.use(await labServer(lab, 'public', 3001, [...TURN, '--turn-secret', 'another']))
    stack.use(await labServer(lab, 'public', 3002, TURN))
    stack.use(await labServer(lab, 'public', 3004, TURN_TLS))
  })
  afterEach(async () => {
    await Promise.all(people.splice(0).map(closePerson))
  })
  afterAll(() => stack.disposeAsync())

  async function examine(kind: RouterKind, port = 3002): Promise<Record<string, string | null>> {
    lab.setRouter('a', kind)
    const page = await labPerson(lab, 'homea')
    people.push(page)
    await page.goto(`http://${PUBLIC_V4}:${port}/doctor`)
    await page.locator('[data-doctor=done]').waitFor()
    const cause = (name: string) => page.locator(`[data-check=${name}]`).getAttribute('data-cause')
    return { stun: await cause('stun'), nat: await cause('nat'), turn: await cause('turn') }
  }

  test('that keeps ports finds nothing in the way', { tags: 'long' }, async () => {
    expect(await examine('cone')).toEqual({ stun: 'stun', nat: 'natCone', turn: 'turn' })
  })

  test('that takes a port for each destination names it', { tags: 'long' }, async () => {
    expect(await examine('symmetric')).toEqual({ stun: 'stun', nat: 'natSymmetric', turn: 'turn' })
  })

  test('that blocks UDP names it, and finds the relay over TCP', async () => {
    expect(await examine('udp-blocked')).toEqual({ stun: 'stunSilent', nat: 'natUnknown', turn: 'turn' })
  })

  test('that lets nothing but TLS through finds the relay over TLS', { tags: 'long' }, async () => {
    expect(await examine('tls-only', 3004)).toEqual({ stun: 'noStun', nat: 'oneStun', turn: 'turn' })
    expect(await examine('tls-only', 3002)).toEqual({
      stun: 'stunSilent',
      nat: 'natUnknown',
      turn: 'turnSilent',
    })
  })

  test('names a relay that does not take the credentials of this server', { tags: 'long' }, async () => {
    expect(await examine('cone', 3001)).toEqual({ stun: 'stun', nat: 'natCone', turn: 'turnSilent' })
  })
})
