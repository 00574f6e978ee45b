/**
 * The widget's published types as another site uses them. Compiled by `npm run lint`, never run: each line below
 * `@ts-expect-error` must fail to compile.
 */
import { createRef } from 'react'
import { expectTypeOf } from 'vitest'
import type {
  TabseedAttributes,
  TabseedDownload,
  TabseedError,
  TabseedEventMap,
  TabseedFrameMessage,
  TabseedState,
  TabseedStatus,
} from '../../../lib/embed/types.d.ts'
import type {} from '../../support/widget/react-widget.ts'

const SHARE = '0'.repeat(40)

// The element, however a page gets it.
const made = document.createElement('tabseed-download')
expectTypeOf(made).toEqualTypeOf<TabseedDownload>()
expectTypeOf(document.querySelector('tabseed-download')).toEqualTypeOf<TabseedDownload | null>()
expectTypeOf(made).toExtend<HTMLElement>()
made.start()
made.pause()
// @ts-expect-error: there is no such method
made.stop()
// @ts-expect-error: it takes no arguments
made.start(SHARE)

// Its status can be read, not set.
expectTypeOf(made.state).toEqualTypeOf<TabseedState>()
expectTypeOf(made.status).toEqualTypeOf<TabseedStatus>()
expectTypeOf(made.status.timeLeft).toEqualTypeOf<number | null>()
expectTypeOf(made.status.error).toEqualTypeOf<TabseedError | null>()
// @ts-expect-error: read-only
made.state = 'paused'
// @ts-expect-error: read-only
made.status.downloaded = 0
// @ts-expect-error: an error has a code and a message only while there is one
made.status.error.code.trim()
// @ts-expect-error: no such state
const wrongState: TabseedState = 'finished'

/** Every state has a text: fails to compile when one is added. */
const TEXTS: Record<TabseedState, string> = {
  idle: 'not started',
  starting: 'starting',
  waiting: 'waiting',
  downloading: 'downloading',
  paused: 'paused',
  done: 'done',
  error: 'stopped',
  link: 'not here',
}

// Events, on the element and, for those that bubble, on the document.
made.addEventListener('tabseed:done', ({ detail }) => expectTypeOf(detail).toEqualTypeOf<TabseedStatus>())
made.addEventListener('tabseed:error', ({ detail }) => expectTypeOf(detail).toEqualTypeOf<TabseedError>())
made.addEventListener('tabseed:status', ({ detail }) => expectTypeOf(detail).toEqualTypeOf<TabseedStatus>())
document.body.addEventListener('tabseed:progress', ({ detail }) =>
  expectTypeOf(detail.downloaded).toEqualTypeOf<number>(),
)
made.addEventListener('tabseed:error', ({ detail }) => {
  // @ts-expect-error: an error has no figures
  return detail.downloaded
})
expectTypeOf<keyof TabseedEventMap>().toEqualTypeOf<
  'tabseed:progress' | 'tabseed:done' | 'tabseed:error' | 'tabseed:status'
>()

/** Messages of a frame tell each other apart by `tabseed`. */
function heightOf(message: TabseedFrameMessage): number | null {
  // @ts-expect-error: only `size` has a height
  const early = message.height
  return message.tabseed === 'size' ? message.height : early
}

const ATTRIBUTES: TabseedAttributes = { share: SHARE, mode: 'player', size: 1_000, 'no-upload': '' }
// @ts-expect-error: a widget without a share shows nothing
const withoutShare: TabseedAttributes = { mode: 'card' }

/** As React applications use it. */
function Page() {
  const widget = createRef<TabseedDownload>()
  return (
    <>
      <tabseed-download {...ATTRIBUTES} ref={widget} lang="de" className="wide" data-state="idle">
        <a href="https://example.org/">Plain link</a>
      </tabseed-download>
      <tabseed-download share={SHARE} autostart web-seed-only onClick={() => widget.current?.start()} />
      {/* @ts-expect-error: `share` is required */}
      <tabseed-download label="Get it" />
      {/* @ts-expect-error: no such mode */}
      <tabseed-download share={SHARE} mode="banner" />
      {/* @ts-expect-error: an accent is a colour as text */}
      <tabseed-download share={SHARE} accent={0x1d6f3a} />
      {/* @ts-expect-error: a boolean attribute is there or not, and "yes" is neither */}
      <tabseed-download share={SHARE} autostart="yes" />
      {/* @ts-expect-error: attributes have their HTML names */}
      <tabseed-download share={SHARE} noUpload />
      {/* @ts-expect-error: a ref to another element */}
      <tabseed-download share={SHARE} ref={createRef<HTMLVideoElement>()} />
    </>
  )
}

// Used, so that nothing above is reported as never read.
expectTypeOf([wrongState, withoutShare, TEXTS, heightOf, Page]).toBeArray()
