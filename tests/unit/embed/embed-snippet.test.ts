import { expect, test } from 'vitest'
import { readFrameHash } from '../../../lib/embed/frame-hash.ts'
import { framePath, previewPath, type SnippetOptions, snippetsOf } from '../../../lib/embed/snippet.ts'
import type { Share } from '../../../lib/protocol/share.ts'

const infoHash = '0123456789abcdef0123456789abcdef01234567'
const share = {
  infoHash,
  name: '"><script>alert(1)</script>[x](y).bin',
  title: '',
  length: 3000,
  files: [],
  links: { page: `https://share.example/d/${infoHash}`, torrent: '', magnet: '' },
} as unknown as Share
const plain: SnippetOptions = { mode: 'card', theme: 'auto', lang: '', label: '' }

test('says only what differs from what the widget does by itself', () => {
  expect(framePath(share, plain)).toBe(`/embed/${infoHash}`)
  expect(framePath(share, { ...plain, mode: 'player', label: 'Get & go' })).toBe(
    `/embed/${infoHash}?mode=player&label=Get+%26+go`,
  )
  expect(snippetsOf(share, { ...plain, mode: 'button' }).script).toContain(
    `<tabseed-download share="${infoHash}" mode="button"><a href=`,
  )
  expect(snippetsOf(share, { ...plain, theme: 'dark' }).script).toContain(' theme="dark"')
})

test('a card says what there is before anything is asked for, in the language that was chosen', () => {
  const named = { ...share, title: 'image.iso' }
  const { script } = snippetsOf(named, { ...plain, lang: 'de' })
  expect(script).toContain(' lang="de" name="image.iso" size="3000">')
  expect(script).toContain('>image.iso herunterladen</a>')
  expect(snippetsOf(named, plain).script).toContain('>Download image.iso</a>')
})

test('the preview has the button of what is pasted', () => {
  const named = { ...share, title: 'film.mp4' }
  const player = { ...plain, mode: 'player' } as const
  expect(snippetsOf(named, player).script).toContain('>Play film.mp4</a>')
  expect(previewPath(named, player)).toBe(`/embed/${infoHash}?mode=player&label=Play+film.mp4`)
  expect(previewPath(named, { ...player, label: 'Watch' })).toBe(`/embed/${infoHash}?mode=player&label=Watch`)
})

test('of an encrypted share, name and label stand where browsers send them to nobody', () => {
  const key = 'k'.repeat(50)
  const secret = {
    ...share,
    title: 'plans & more.pdf',
    files: [{ path: 'plans & more.pdf', length: 2000, padding: false }],
    links: { ...share.links, page: `${share.links.page}#${key}` },
  }
  const path = framePath(secret, { ...plain, theme: 'dark', label: 'Get it' })
  expect(path).toBe(`/embed/${infoHash}?theme=dark#${key}&name=plans+%26+more.pdf&label=Get+it&size=2000`)
  expect(readFrameHash(new URL(path, 'https://share.example').hash)).toEqual({
    key,
    hidden: { name: 'plans & more.pdf', label: 'Get it', size: '2000' },
  })
  // Frames that were pasted before have the key alone.
  expect(readFrameHash(`#${key}`)).toEqual({ key, hidden: {} })
  expect(previewPath(secret, plain)).toContain(`/embed/${infoHash}#`)
  expect(readFrameHash('')).toEqual({ key: '', hidden: {} })
})

test('a frame has room for a player, which may fill the screen', () => {
  const { frame } = snippetsOf(share, { ...plain, mode: 'player' })
  expect(frame).toContain('height="520" allow="autoplay; fullscreen; picture-in-picture"')
})

test('names and labels are text in every one of them', () => {
  const { frame, markdown, script } = snippetsOf(share, { ...plain, label: '"><img src=x>' })
  for (const html of [script, frame]) {
    expect(html).not.toContain('<script>alert')
    expect(html).not.toContain('<img')
  }
  expect(
    markdown.startsWith(
      '[!["\\>\\<script\\>alert(1)\\</script\\>\\[x\\](y).bin](https://share.example/badge/',
    ),
  ).toBe(true)
})
