/** `<tabseed-download>` in JSX, as docs/embedding.md tells React applications to declare it. */
import type { DetailedHTMLProps, HTMLAttributes } from 'react'
import type { TabseedAttributes, TabseedDownload } from '../../../lib/embed/types.d.ts'

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'tabseed-download': DetailedHTMLProps<HTMLAttributes<TabseedDownload>, TabseedDownload> &
        TabseedAttributes
    }
  }
}
