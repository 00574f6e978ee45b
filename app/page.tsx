import { headers } from 'next/headers'
import { PublishFlow } from '../components/publish/publish-flow.tsx'
import { TabShares } from '../components/publish/tab-shares.tsx'
import { services } from '../server/pages/services.ts'

export default async function PublishPage() {
  // Awaited first: it makes Next render per request, because a build has none.
  await headers()
  const { monitor, publishing } = services()
  return (
    <>
      <PublishFlow lists={monitor.shows === 'public'} publish={publishing.publish} />
      <TabShares />
    </>
  )
}
