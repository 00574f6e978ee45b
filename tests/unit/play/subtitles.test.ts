import { expect, test } from 'vitest'
import { subtitlesOf, toWebVtt } from '../../../lib/play/subtitles.ts'

const file = (path: string, length = 100) => ({ path: path.split('/'), length })

test('subtitles are those with the name of the video, beside it or in a folder for them', () => {
  const files = [
    'a/Film.mp4',
    'a/Film.srt',
    'a/film.de.vtt',
    'a/Film.pt-BR.forced.srt',
    'a/Subs/Film.en.srt',
    'a/Film 2.srt',
    'a/Film.txt',
    'a/extras/Film.fr.srt',
    'b/Film.srt',
  ].map(path => file(path))
  const found = subtitlesOf(file('a/Film.mp4'), [...files, file('a/Film.it.srt', 5e6)])
  expect(found.map(({ file: { path }, language }) => `${path.join('/')} ${language}`)).toEqual([
    'a/Film.srt ',
    'a/film.de.vtt de',
    'a/Film.pt-BR.forced.srt pt-BR',
    'a/Subs/Film.en.srt en',
  ])
})

test('SubRip becomes WebVTT, in whatever encoding it is', () => {
  const srt =
    '1\r\n0:00:01,5 --> 00:00:02,250 X1:10 Y1:20\r\nSchöne Grüße: 10,5 --> 3\r\n\r\n2\r\n00:00:03.000 --> 00:00:04,000\r\nEnde\r\n'
  const vtt =
    'WEBVTT\n\n1\n00:00:01.500 --> 00:00:02.250\nSchöne Grüße: 10,5 --> 3\n\n2\n00:00:03.000 --> 00:00:04.000\nEnde\n'
  expect(toWebVtt(Buffer.from(srt))).toBe(vtt)
  expect(toWebVtt(Buffer.from(srt, 'latin1'))).toBe(vtt)
  expect(toWebVtt(Buffer.from(`\ufeff${srt}`, 'utf16le'))).toBe(vtt)
  expect(toWebVtt(Buffer.from('\ufeffWEBVTT\n\n00:01.000 --> 00:02.000 align:start\nA'))).toBe(
    'WEBVTT\n\n00:01.000 --> 00:02.000 align:start\nA',
  )
})
