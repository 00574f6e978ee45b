import { headers } from 'next/headers'
import { PublishFlow } from '../components/publish/publish-flow.tsx'
import { TabShares } from '../components/publish/tab-shares.tsx'

export default async function PublishPage() {
  // Awaited first: it makes Next render per request, because a build has none.
  await headers()
  return (
    <>
      <PublishFlow />
      <TabShares />
    </>
  )
}
