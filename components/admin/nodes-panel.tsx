import { useTranslations } from 'next-intl'
import type { ClusterNodes } from '../../lib/protocol/admin.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { Name } from '../common/name.tsx'
import { Row, Rows, Section, utc } from './panel.tsx'

type Node = ClusterNodes['nodes'][number]
type Seeder = ClusterNodes['seeders'][number]

/** The servers that work together, and their seeders; nothing where a server is alone. */
export function NodesPanel({ cluster: { nodes, redis, seeders } }: { readonly cluster: ClusterNodes }) {
  const t = useTranslations('admin')
  if (nodes.length < 2 && redis === null) return null
  return (
    <Section name="nodes" title={t('nodes')}>
      {redis === 'away' && (
        <p role="status" data-redis="away">
          {t('redisAway')}
        </p>
      )}
      <Rows error={null} count={nodes.length} empty="">
        {nodes.map(node => (
          <NodeRow key={`${node.name} ${node.startedAt}`} node={node} />
        ))}
      </Rows>
      <h3 className="font-semibold">{t('seeders')}</h3>
      <Rows error={null} count={seeders.length} empty={t('noSeeders')}>
        {seeders.map(seeder => (
          <SeederRow key={seeder.id} seeder={seeder} />
        ))}
      </Rows>
    </Section>
  )
}

function NodeRow({ node }: { readonly node: Node }) {
  const t = useTranslations('admin')
  const { build, clients, connections, isHere, isThis, leads, name, seenAt, startedAt } = node
  const facts = [
    isHere ? t('isHere') : t('isGone', { time: utc(seenAt) }),
    ...(isHere && leads ? [t('leads')] : []),
    t('since', { time: utc(startedAt) }),
    ...(connections === null ? [] : [t('webSocketCount', { count: connections })]),
    ...(clients === null ? [] : [t('clientCount', { count: clients })]),
  ]
  return (
    <Row id={name}>
      <p>
        <span className="font-semibold">
          <Name text={name} />
        </span>
        {isThis && ` (${t('answers')})`}
      </p>
      <p
        className="text-muted text-sm tabular-nums"
        data-node={isHere ? (leads ? 'leads' : 'here') : 'gone'}
        data-this={isThis}
      >
        {facts.join(' · ')}
        {build !== '' && (
          <>
            {' · '}
            {t('build')} <code className="text-xs">{build}</code>
          </>
        )}
      </p>
    </Row>
  )
}

function SeederRow({ seeder }: { readonly seeder: Seeder }) {
  const t = useTranslations('admin')
  const format = useFormat()
  const { free, id, insideUrl, isHere, name, seenAt, url, zone } = seeder
  const facts = [
    isHere ? t('isHere') : t('isGone', { time: utc(seenAt) }),
    ...(free === null ? [] : [t('free', { size: format.bytes(free) })]),
  ]
  const addresses = [url, insideUrl && t('inside', { address: insideUrl })].filter(text => text !== '')
  return (
    <Row id={id}>
      <p>
        <span className="font-semibold">
          <Name text={name} />
        </span>
        {zone !== '' && (
          <>
            {' ('}
            <Name text={zone} />)
          </>
        )}
      </p>
      <p className="text-muted text-sm tabular-nums" data-seeder={isHere ? 'here' : 'gone'}>
        {facts.join(' · ')}
      </p>
      <p className="text-muted text-sm">{addresses.length === 0 ? t('noAddress') : addresses.join(', ')}</p>
    </Row>
  )
}
