import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { cache } from 'react'
import { EndedInbox } from '../../../components/receive/ended-inbox.tsx'
import { SendFlow } from '../../../components/receive/send-flow.tsx'
import { services } from '../../../server/pages/services.ts'

interface SendPageProps {
  readonly params: Promise<{ id: string }>
}

const stateOf = cache((id: string) => services().inboxState(id))

export async function generateMetadata({ params }: SendPageProps): Promise<Metadata> {
  const { id } = await params
  const t = await getTranslations()
  const title = {
    open: t('receive.sendTitle'),
    ended: t('receive.endedTitle'),
    unknown: t('notFound.title'),
  }[await stateOf(id)]
  // Its link is for the people it was given to.
  return { title, description: t('receive.sendLead'), robots: { index: false } }
}

export default async function SendPage({ params }: SendPageProps) {
  // Awaited first: it makes Next render per request, because a build has none.
  await headers()
  const { id } = await params
  const state = await stateOf(id)
  if (state === 'unknown') notFound()
  return state === 'ended' ? <EndedInbox /> : <SendFlow id={id} />
}
