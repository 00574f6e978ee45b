import { visibleName } from '../../lib/torrent/paths.ts'

interface NameProps {
  readonly text: string
  readonly className?: string
  /** Keep line breaks; otherwise they are shown as characters that could hide others. */
  readonly lines?: boolean
}

/** Text from other people, shown so that it cannot hide or reorder the text around it. */
export function Name({ text, className, lines = false }: NameProps) {
  const shown = lines ? text.split(/\r?\n/).map(visibleName).join('\n') : visibleName(text)
  return <bdi className={className}>{shown}</bdi>
}
