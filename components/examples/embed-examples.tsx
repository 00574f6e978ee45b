'use client'

import { createElement, type ReactNode, useEffect, useRef, useState } from 'react'
import type { Share } from '../../lib/protocol/share.ts'
import { CopyField } from '../common/copy-field.tsx'
import { EmbedSnippet } from '../share/links/embed-snippet.tsx'

const EVENTS = ['tabseed:progress', 'tabseed:done', 'tabseed:error'] as const
const LINES_MAX = 12

/** Attributes of the element in each example. */
const ELEMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Card, as it comes': {},
  'Button with a label': { mode: 'button', label: 'Get the files' },
  'Card in other colours, in German': { theme: 'dark', accent: '#c2410c', lang: 'de' },
  'From HTTP servers alone': { 'web-seed-only': '' },
  'Gives nothing to others': { 'no-upload': '' },
  'Player (a share with a video or sound)': { mode: 'player' },
}

/** Every kind of widget with `share`, and the events they dispatch. */
export function EmbedExamples({ share }: { readonly share: Share }) {
  const host = useRef<HTMLDivElement>(null)
  const [lines, setLines] = useState<readonly string[]>([])
  useEffect(() => {
    const script = document.createElement('script')
    script.type = 'module'
    script.src = '/embed.js'
    document.head.append(script)
    const element = host.current
    const log = (event: Event) => {
      const line = `${event.type} ${JSON.stringify((event as CustomEvent).detail)}`
      setLines(before => [line, ...before].slice(0, LINES_MAX))
    }
    for (const name of EVENTS) element?.addEventListener(name, log)
    return () => {
      script.remove()
      for (const name of EVENTS) element?.removeEventListener(name, log)
    }
  }, [])
  const page = share.links.page
  const { origin } = new URL(page)
  const frame = `${origin}/embed/${share.infoHash}`
  const badge = `${origin}/badge/${share.infoHash}.svg`
  return (
    <div ref={host} data-examples={share.infoHash} className="space-y-6">
      {Object.entries(ELEMENTS).map(([title, attributes]) => (
        <Example key={title} title={title} code={elementCode(share, attributes)}>
          {createElement(
            'tabseed-download',
            { share: share.infoHash, suppressHydrationWarning: true, ...attributes },
            <a href={page}>{share.title || share.name}</a>,
          )}
        </Example>
      ))}
      <Example
        title="Frame"
        code={`<iframe src="${frame}" title="Download" width="448" height="240"></iframe>`}
      >
        <iframe src={frame} title="Download" width="448" height="240" className="max-w-full" />
      </Example>
      <Example title="Badge" code={`[![download](${badge})](${page})`}>
        <a href={page}>
          {/* biome-ignore lint/performance/noImgElement: as on the page of another site */}
          <img src={badge} alt="download" />
        </a>
      </Example>
      <Example title="oEmbed" code={`${origin}/oembed?url=${encodeURIComponent(page)}`}>
        <a href={`/oembed?url=${encodeURIComponent(page)}`} className="underline">
          What a forum or wiki gets
        </a>
      </Example>
      <EmbedSnippet share={share} />
      <section aria-label="Events" className="card p-4 sm:p-5">
        <h2 className="font-semibold text-lg">Events</h2>
        <pre data-events={lines.length} className="overflow-x-auto text-sm">
          {lines.join('\n') || 'None yet: start one of the widgets.'}
        </pre>
      </section>
    </div>
  )
}

interface ExampleProps {
  readonly title: string
  readonly code: string
  readonly children: ReactNode
}

function Example({ title, code, children }: ExampleProps) {
  return (
    <section aria-label={title} className="card space-y-3 p-4 sm:p-5">
      <h2 className="font-semibold text-lg">{title}</h2>
      {children}
      <CopyField label="Source" value={code} copyLabel="Copy" />
    </section>
  )
}

function elementCode(share: Share, attributes: Readonly<Record<string, string>>): string {
  const written = Object.entries(attributes).map(([name, value]) =>
    value ? ` ${name}="${value}"` : ` ${name}`,
  )
  const { origin } = new URL(share.links.page)
  return `<script type="module" src="${origin}/embed.js"></script><tabseed-download share="${share.infoHash}"${written.join('')}><a href="${share.links.page}">Download</a></tabseed-download>`
}
