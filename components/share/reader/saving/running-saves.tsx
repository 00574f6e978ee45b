import { useTranslations } from 'next-intl'
import { useFormat } from '../../../../lib/react/page/use-format.ts'
import { useRunningSaves } from '../../../../lib/react/share/use-running-saves.ts'
import type { InfoHash } from '../../../../lib/torrent/ids.ts'
import { visibleName } from '../../../../lib/torrent/paths.ts'
import { SavingProgress } from './saving-progress.tsx'

/** Files of a share that are being saved one by one, each with its progress and a button to cancel it. */
export function RunningSaves({ infoHash }: { readonly infoHash: InfoHash }) {
  const t = useTranslations('save')
  const format = useFormat()
  return useRunningSaves(infoHash).map(({ bytes, cancel, index, length, path, timeLeft }) => (
    <SavingProgress
      key={index}
      name={visibleName(path.at(-1) ?? '')}
      value={length === 0 ? 1 : bytes / length}
      text={t('progress', { done: format.bytes(bytes), total: format.bytes(length) })}
      timeLeft={timeLeft}
      onCancel={cancel}
    />
  ))
}
