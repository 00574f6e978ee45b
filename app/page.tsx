import { PublishFlow } from '../components/publish/publish-flow.tsx'
import { TabShares } from '../components/publish/tab-shares.tsx'

export default function PublishPage() {
  return (
    <>
      <PublishFlow />
      <TabShares />
    </>
  )
}
