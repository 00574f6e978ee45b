import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { readOrder } from '../../components/monitor/order.ts'
import { StatusBoard } from '../../components/monitor/status-board.tsx'
import { services } from '../../server/pages/services.ts'
import { nullWhenAbsent } from './absent.ts'

export async function generateMetadata(): Promise<Metadata> {
  await headers()
  const t = await getTranslations('status')
  return {
    title: t('title'),
    description: t('lead'),
    robots: { index: false },
    ...(services().monitor.shows === 'public' && {
      alternates: { types: { 'application/atom+xml': '/feed.atom' } },
    }),
  }
}

interface StatusPageProps {
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>
}

export default async function StatusPage({ searchParams }: StatusPageProps) {
  await headers()
  // With `TABSEED_STATUS=off` the page does not exist.
  const status = await services().monitor.status().catch(nullWhenAbsent)
  if (status === null) notFound()
  return <StatusBoard first={status} order={readOrder(await searchParams)} />
}
