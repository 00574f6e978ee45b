import { useTranslations } from 'next-intl'
import type { ErrorCode } from '../../base/errors.ts'

/** Who reads an error: one who publishes, or one who downloads or repairs and can change nothing at the source. */
export type Audience = 'publisher' | 'reader'

/** The sentence for an error, in the words of whoever reads it. */
export function useErrorText(audience: Audience): (code: ErrorCode) => string {
  const usual = useTranslations('errors')
  const readers = useTranslations('readerErrors')
  type ReaderCode = Parameters<typeof readers.has>[0]
  return code =>
    audience === 'reader' && readers.has(code as ReaderCode) ? readers(code as ReaderCode) : usual(code)
}
