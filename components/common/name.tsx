import { visibleName } from '../../lib/torrent/paths.ts'

interface NameProps {
  readonly text: string
  readonly className?: string
  /** The text may have several lines; otherwise a line break is a character that hides others. */
  readonly lines?: boolean
}

/** Text from outside: plain text that cannot hide or reorder what stands around it. */
export function Name({ text, className, lines = false }: NameProps) {
  const shown = lines ? text.split(/\r?\n/).map(visibleName).join('\n') : visibleName(text)
  return <bdi className={className}>{shown}</bdi>
}
