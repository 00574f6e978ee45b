import { visibleName } from '../../lib/torrent/paths.ts'

/** A name from outside: plain text that cannot hide or reorder what stands around it. */
export function Name({ text, className }: { readonly text: string; readonly className?: string }) {
  return <bdi className={className}>{visibleName(text)}</bdi>
}
