import { useTranslations } from 'next-intl'
import { SearchField } from '../ui/search-field.tsx'

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
      <SearchField
        aria-label={t('search')}
        placeholder={t('search')}
        value={query}
        onValue={onSearch}
        clearLabel={t('clear')}
        // It may be in a form, which Enter would send.
        onKeyDown={event => event.key === 'Enter' && event.preventDefault()}
      />
      <p role="status" className={found === null ? 'sr-only' : 'mt-1 text-muted text-sm'}>
        {found !== null && t('found', { count: found })}
      </p>
    </search>
  )
}
