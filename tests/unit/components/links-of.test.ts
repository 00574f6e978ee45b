import { expect, test } from 'vitest'
import { linksOf } from '../../../components/common/links-of.ts'
import { cpuTime } from '../../support/cpu-time.ts'

const hrefs = (text: string) => linksOf(text).flatMap(({ href }) => href ?? [])

test('addresses are found as people write them, and the text stays what it was', () => {
  const text = 'See https://example.org/a_(b), (http://x.example/?q=1&r=2). And\nHTTPS://EXAMPLE.org/Ü!'
  expect(hrefs(text)).toEqual([
    'https://example.org/a_(b)',
    'http://x.example/?q=1&r=2',
    'https://example.org/%C3%9C',
  ])
  expect(
    linksOf(text)
      .map(part => part.text)
      .join(''),
  ).toBe(text)
})

test('nothing else is a link', () => {
  for (const text of [
    'javascript:alert(1)',
    'data:text/html,<b>x</b>',
    'file:///etc/passwd',
    'https://bank.example@evil.example/',
    'https://',
    'http://[',
    'ftp://example.org/ mailto:a@example.org //example.org',
  ]) {
    expect(hrefs(text), text).toEqual([])
    expect(
      linksOf(text)
        .map(part => part.text)
        .join(''),
    ).toBe(text)
  }
})

test('a long text of brackets and dots takes no time', () => {
  expect(cpuTime(() => linksOf(`https://a.example/${'.)'.repeat(2_000)}`))).toBeLessThan(1_500)
})
