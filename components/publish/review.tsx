import { useTranslations } from 'next-intl'
import type { Terms } from '../../lib/protocol/publishing.ts'
import { DESCRIPTION_MAX, TITLE_MAX } from '../../lib/protocol/share-values.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { EndsFields } from '../common/ends-fields.tsx'
import { ConnectChoice } from '../connect/connect-choice.tsx'
import { Button } from '../ui/button.tsx'
import { Disclosure } from '../ui/disclosure.tsx'
import { SwitchField, TextArea, TextField } from '../ui/field.tsx'
import { Notice } from '../ui/notice.tsx'
import { type Audience, AudienceChoice } from './audience.tsx'
import { ChosenFiles, type ChosenFilesProps } from './chosen-files.tsx'

interface ReviewProps extends ChosenFilesProps {
  readonly terms: Terms
  readonly audience: Audience
  readonly onAudience: (audience: Audience) => void
  /** Initial values of the fields. */
  readonly title: string | undefined
  readonly description: string | undefined
}

/** Review before publishing: the content of a form with the fields of `PublishInput`. */
export function Review(props: ReviewProps) {
  const {
    picked,
    plan,
    terms,
    audience,
    title,
    description,
    onRemove,
    onStartOver,
    onAddFiles,
    onAddFolder,
  } = props
  const isForEveryone = audience === 'everyone'
  const t = useTranslations('publish')
  const format = useFormat()

  return (
    <>
      <ChosenFiles
        picked={picked}
        plan={plan}
        onRemove={onRemove}
        onStartOver={onStartOver}
        onAddFiles={onAddFiles}
        onAddFolder={onAddFolder}
      />

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
      <div className="sticky bottom-0 -mx-4 border-line border-t bg-page px-4 py-3">
        <Button type="submit" look="primary" size="large" className="w-full sm:w-auto sm:min-w-64">
          {t('publish', { size: format.bytes(plan.length) })}
        </Button>
      </div>
    </>
  )
}
