import { Search } from 'lucide-react'
import { useTranslations } from 'next-intl'

interface FileSearchProps {
  readonly query: string
  /** How many files were found; null without a search. */
  readonly found: number | null
  readonly onSearch: (query: string) => void
}

/** The search field of a long list of files. */
export function FileSearch({ query, found, onSearch }: FileSearchProps) {
  const t = useTranslations('files')
  return (
    <search className="block pb-2" data-found={found ?? undefined}>
      <div className="relative">
        <Search
          aria-hidden="true"
          className="pointer-events-none absolute inset-y-0 start-3 my-auto size-5 text-muted"
        />
        <input
          type="search"
          aria-label={t('search')}
          placeholder={t('search')}
          value={query}
          onChange={({ target }) => onSearch(target.value)}
          // It may be in a form, which Enter would send.
          onKeyDown={event => event.key === 'Enter' && event.preventDefault()}
          className="min-h-11 w-full rounded-control border border-edge bg-surface ps-10 pe-3 text-ink placeholder:text-muted"
        />
      </div>
      <p role="status" className={found === null ? 'sr-only' : 'mt-1 text-muted text-sm'}>
        {found !== null && t('found', { count: found })}
      </p>
    </search>
  )
}
