import { FilePlus2, FolderPlus, X } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useEffect, useMemo, useRef } from 'react'
import type { Terms } from '../../lib/protocol/publishing.ts'
import { DESCRIPTION_MAX, TITLE_MAX } from '../../lib/protocol/share-values.ts'
import type { SharePlan } from '../../lib/publish/plan.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { EndsFields } from '../common/ends-fields.tsx'
import { Name } from '../common/name.tsx'
import { ConnectChoice } from '../connect/connect-choice.tsx'
import { FileTree } from '../files/file-tree.tsx'
import { Button } from '../ui/button.tsx'
import { Disclosure } from '../ui/disclosure.tsx'
import { SwitchField, TextArea, TextField } from '../ui/field.tsx'
import { Notice } from '../ui/notice.tsx'
import { type Audience, AudienceChoice } from './audience.tsx'
import { Junk, Renamed } from './left-out.tsx'

interface ReviewProps {
  readonly plan: SharePlan
  readonly terms: Terms
  readonly audience: Audience
  readonly onAudience: (audience: Audience) => void
  /** Initial values of the fields. */
  readonly title: string | undefined
  readonly description: string | undefined
  readonly onRemove: (files: ReadonlySet<File>) => void
  readonly onStartOver: () => void
  readonly onAddFiles: () => void
  readonly onAddFolder: () => void
}

/** Review before publishing: the content of a form with the fields of `PublishInput`. */
export function Review(props: ReviewProps) {
  const { plan, terms, audience, title, description, onRemove, onStartOver, onAddFiles, onAddFolder } = props
  const isForEveryone = audience === 'everyone'
  const t = useTranslations('publish')
  const format = useFormat()
  const heading = useRef<HTMLHeadingElement>(null)
  // The button that had the focus is gone.
  useEffect(() => {
    heading.current?.focus()
  }, [])
  const listed = useMemo(() => plan.files.map(({ path, file }) => ({ path, length: file.size })), [plan])
  const filesAt = (indexes: readonly number[]) =>
    new Set(indexes.flatMap(index => plan.files[index]?.file ?? []))

  return (
    <>
      <div className="flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h1
            ref={heading}
            tabIndex={-1}
            className="break-words font-bold text-3xl tracking-tight outline-none [overflow-wrap:anywhere]"
          >
            <Name text={plan.name} />
          </h1>
          <p className="mt-1 text-muted tabular-nums">
            {format.files(plan.files.length)} · {format.bytes(plan.length)}
          </p>
        </div>
        <Button look="quiet" onClick={onStartOver} className="-mx-4 sm:mx-0">
          {t('startOver')}
        </Button>
      </div>

      <div className="card px-4 py-2 sm:px-5">
        <FileTree
          files={listed}
          trailing={node => (
            <Button
              look="quiet"
              size="icon"
              className="-me-2"
              aria-label={t('remove', { name: visibleName(node.name) })}
              onClick={() => onRemove(filesAt(node.kind === 'file' ? [node.index] : node.indexes))}
            >
              <X />
            </Button>
          )}
        />
        <div className="border-line border-t py-2">
          <div className="-mx-3 flex flex-wrap gap-x-2">
            <Button look="quiet" onClick={onAddFiles} className="px-3!">
              <FilePlus2 aria-hidden="true" />
              {t('addFiles')}
            </Button>
            <Button look="quiet" onClick={onAddFolder} className="px-3!">
              <FolderPlus aria-hidden="true" />
              {t('addFolder')}
            </Button>
          </div>
        </div>
      </div>

      {plan.renamed.length > 0 && <Renamed plan={plan} />}
      {plan.junk.length > 0 && <Junk plan={plan} />}

      {terms.audience !== 'everyone-only' && <AudienceChoice value={audience} onChange={props.onAudience} />}

      <Disclosure title={t('options')} className="card px-4 sm:px-5">
        <div className="space-y-5">
          <TextField
            name="title"
            label={t('title')}
            hint={t('titleHint')}
            maxLength={TITLE_MAX}
            defaultValue={title}
          />
          <TextArea
            name="description"
            label={t('text')}
            hint={t('textHint')}
            maxLength={DESCRIPTION_MAX}
            defaultValue={description}
          />
          <EndsFields start="default" />
          {isForEveryone && (
            <>
              <TextField name="comment" label={t('comment')} hint={t('commentHint')} maxLength={TITLE_MAX} />
              <SwitchField name="private" label={t('private')} hint={t('privateHint')} />
              <SwitchField name="ownLink" label={t('ownLink')} hint={t('ownLinkHint')} />
            </>
          )}
        </div>
      </Disclosure>

      {isForEveryone && terms.lists === 'choice' && (
        <div className="card px-4 py-3 sm:px-5">
          <SwitchField name="listed" label={t('listed')} hint={t('listedHint')} />
        </div>
      )}
      {isForEveryone && terms.lists === 'everything' && (
        <Notice tone="amber" role="status" data-lists="everything">
          <p>{t('listedAlways')}</p>
        </Notice>
      )}

      <ConnectChoice />

      <p className="text-muted text-sm">{t('stay')}</p>
      <div className="sticky bottom-0 -mx-4 border-line border-t bg-page px-4 py-3 sm:static sm:mx-0 sm:border-0 sm:p-0">
        <Button type="submit" look="primary" size="large" className="w-full sm:w-auto sm:min-w-64">
          {t('publish', { size: format.bytes(plan.length) })}
        </Button>
      </div>
    </>
  )
}
