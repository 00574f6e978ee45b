import type { Metadata } from 'next'
import { headers } from 'next/headers'
import Link from 'next/link'
import { notFound } from 'next/navigation'
import { EmbedExamples } from '../../components/examples/embed-examples.tsx'
import { parseInfoHash } from '../../lib/torrent/ids.ts'
import { services } from '../../server/pages/services.ts'

export const metadata: Metadata = { title: 'Widget examples', robots: { index: false } }

interface ExamplesPageProps {
  readonly searchParams: Promise<{ readonly share?: string | string[] }>
}

/** Every kind of widget, live, for people who work on it. In development only, so in English only. */
export default async function ExamplesPage({ searchParams }: ExamplesPageProps) {
  await headers()
  if (process.env.NODE_ENV === 'production') notFound()
  const share = await findShare(String((await searchParams).share ?? ''))
  return (
    <div className="space-y-6 pt-4 pb-8 sm:pt-8">
      <header className="space-y-3">
        <h1 className="font-bold text-3xl tracking-tight sm:text-4xl">Widget examples</h1>
        <form className="flex flex-wrap items-end gap-3">
          <label className="min-w-0 grow">
            <span className="font-semibold">
              Info hash or page of a share; the newest listed one unless you choose
            </span>
            <input
              name="share"
              defaultValue={share?.infoHash}
              className="min-h-11 w-full rounded-control border border-edge bg-surface px-3"
            />
          </label>
          <button
            type="submit"
            className="min-h-11 rounded-control border border-edge bg-surface px-4 font-semibold"
          >
            Show
          </button>
        </form>
      </header>
      {share ? (
        <EmbedExamples key={share.infoHash} share={share} />
      ) : (
        <p className="text-lg text-muted">
          There is no such share.{' '}
          <Link href="/" className="underline">
            Publish something
          </Link>{' '}
          and keep that tab open.
        </p>
      )}
    </div>
  )
}

async function findShare(wanted: string) {
  const { monitor, shares } = services()
  const infoHash = parseInfoHash(wanted.slice(-40))
  if (infoHash !== null) return shares.find(infoHash)
  const status = await monitor.status().catch(() => null)
  const newest = status?.shares?.toSorted((a, b) => b.publishedAt.localeCompare(a.publishedAt))[0]
  const newestHash = newest ? parseInfoHash(newest.infoHash) : null
  return newestHash === null ? undefined : shares.find(newestHash)
}
