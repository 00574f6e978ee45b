'use client'

import { useTranslations } from 'next-intl'
import { type ChangeEvent, useCallback, useId, useState } from 'react'
import { parseSourceAddress } from '../../lib/api/source-address.ts'
import { AppError, toAppError } from '../../lib/base/errors.ts'
import type { BlockList } from '../../lib/protocol/admin.ts'
import { useLoaded } from '../../lib/react/admin/use-loaded.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { Name } from '../common/name.tsx'
import { toast } from '../common/toast.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { BlockDialog, type Suspect } from './block-dialog.tsx'
import { type PanelProps, Row, Rows, Section, utc } from './panel.tsx'
import { ReasonDialog } from './reason-dialog.tsx'

type Block = BlockList['blocks'][number]

/** As many are drawn at once. */
const SHOWN = 50

/** What is blocked: added, allowed again, saved to a file and read from one. */
export function BlocksPanel({ client, onChanged, turn }: PanelProps) {
  const t = useTranslations('admin')
  const [failure, setFailure] = useState<AppError | null>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new turn loads again
  const load = useCallback(() => client.blocks(), [client, turn])
  const { error, value } = useLoaded(load)
  const [shown, setShown] = useState(SHOWN)
  const [suspect, setSuspect] = useState<Suspect | null>(null)
  const [pardoned, setPardoned] = useState<Block | null>(null)
  const fileId = useId()
  const save = async () => {
    try {
      const url = URL.createObjectURL(new Blob([await client.exportBlocks()], { type: 'text/plain' }))
      Object.assign(document.createElement('a'), { href: url, download: 'block-list.txt' }).click()
      setTimeout(() => URL.revokeObjectURL(url), 10_000)
    } catch (reason) {
      setFailure(toAppError(reason))
    }
  }
  const read = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    const [file] = target.files ?? []
    target.value = ''
    if (!file) return
    setFailure(null)
    try {
      toast.show(t('imported', await client.importBlocks(await file.text())))
      onChanged()
    } catch (reason) {
      setFailure(toAppError(reason))
    }
  }
  const all = value?.blocks ?? null
  return (
    <Section name="blocks" title={t('blocks')}>
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={event => {
          event.preventDefault()
          const text = String(new FormData(event.currentTarget).get('link') ?? '')
          const infoHash = infoHashIn(text)
          setFailure(infoHash === null ? new AppError('link_invalid', text) : null)
          if (infoHash !== null) setSuspect({ infoHash, name: infoHash })
        }}
      >
        <div className="grow basis-64">
          <TextField label={t('blockByLinkLabel')} hint={t('blockByLinkHint')} name="link" required />
        </div>
        <Button type="submit" look="danger">
          {t('block')}
        </Button>
      </form>
      {failure && <ErrorNotice code={failure.code} detail={failure.detail} audience="reader" />}
      <div className="flex flex-wrap gap-3">
        <Button onClick={save}>{t('exportList')}</Button>
        <Button asChild>
          <label htmlFor={fileId} className="cursor-pointer focus-within:outline-2">
            {t('importList')}
            <input
              id={fileId}
              type="file"
              accept=".txt,.json,text/plain,application/json"
              className="sr-only"
              onChange={read}
            />
          </label>
        </Button>
      </div>
      <Rows
        error={error}
        count={all?.length ?? null}
        empty={t('noBlocks')}
        onMore={all && all.length > shown ? () => setShown(shown + SHOWN) : null}
      >
        {all?.slice(0, shown).map(block => (
          <Row
            key={block.infoHash}
            id={block.infoHash}
            actions={
              <Button
                aria-label={t('allowOf', { name: block.name || block.infoHash })}
                onClick={() => setPardoned(block)}
              >
                {t('allow')}
              </Button>
            }
          >
            <p className="font-semibold">
              <Name text={block.name || block.infoHash} />
            </p>
            {block.reason !== '' && (
              <p className="whitespace-pre-line">
                <Name text={block.reason} lines />
              </p>
            )}
            <p className="text-muted text-sm">
              {t('blockedBy', { name: block.by || '–', time: utc(block.at) })}
            </p>
          </Row>
        ))}
      </Rows>
      {suspect && (
        <BlockDialog
          client={client}
          suspect={suspect}
          onChanged={onChanged}
          onClose={() => setSuspect(null)}
        />
      )}
      {pardoned && (
        <ReasonDialog
          title={t('allowTitle')}
          lead={t('allowLead')}
          about={pardoned.name || pardoned.infoHash}
          label={t('allowReason')}
          hint={t('allowReasonHint')}
          action={t('allow')}
          onClose={() => setPardoned(null)}
          onConfirm={async reason => {
            await client.unblock(pardoned.infoHash, reason)
            toast.show(t('allowDone'))
            onChanged()
          }}
        />
      )}
    </Section>
  )
}

function infoHashIn(text: string): InfoHash | null {
  try {
    const address = parseSourceAddress(text)
    if (address.kind === 'magnet') return address.magnet.infoHash
    return address.kind === 'share' ? address.infoHash : null
  } catch {
    return null
  }
}
