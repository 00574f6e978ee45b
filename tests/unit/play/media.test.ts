import { describe, expect, it } from 'vitest'
import { mediaOf } from '../../../lib/play/media.ts'

describe('how a file can be shown', () => {
  it.each([
    ['Holiday.MOV', 'video', 'video/quicktime'],
    ['old.qt', 'video', 'video/quicktime'],
    ['phone.3gpp', 'video', 'video/3gpp'],
    ['flash.f4v', 'video', 'video/mp4'],
    ['film.mk3d', 'video', 'video/x-matroska'],
    ['book.m4b', 'audio', 'audio/mp4'],
    ['ring.m4r', 'audio', 'audio/mp4'],
    ['album.mka', 'audio', 'audio/x-matroska'],
    ['photo.jfif', 'image', 'image/jpeg'],
    ['FILE_ID.DIZ', 'text', 'text/plain; charset=utf-8'],
    ['film.de.ass', 'text', 'text/plain; charset=utf-8'],
    ['song.lrc', 'text', 'text/plain; charset=utf-8'],
    ['disc.cue', 'text', 'text/plain; charset=utf-8'],
    ['SHA256SUMS.sha256', 'text', 'text/plain; charset=utf-8'],
  ])('%s: %s', (name, kind, type) => {
    expect(mediaOf(name)).toEqual({ kind, type })
  })

  it.each([
    'page.html',
    'picture.svg',
    'feed.xml',
    'script.js',
    'style.css',
    'readme',
    'constructor',
    'a.__proto__',
  ])('%s: not at all, since it can run code or load something, or is nothing known', name =>
    expect(mediaOf(name)).toBeNull(),
  )
})
