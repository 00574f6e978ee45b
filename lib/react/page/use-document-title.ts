import { useEffect } from 'react'

/** Shows `title` on the tab while it is given, and the page's own title again afterwards. */
export function useDocumentTitle(title: string | null): void {
  useEffect(() => {
    if (title === null) return
    const own = document.title
    document.title = title
    return () => {
      // The next page may have set its own by now.
      if (document.title === title) document.title = own
    }
  }, [title])
}
