import { useLayoutEffect } from 'react'

/** The title on the tab: the page's own, or what the part of the page says that asked last. */
class TabTitle {
  readonly #wishes: { readonly title: string }[] = []
  #own = ''
  #shown = ''
  // A page gets its own title late where that is streamed.
  readonly #observer = new MutationObserver(() => this.#show())

  /** Shows `title` until the function is called that it returns. */
  add(title: string): () => void {
    if (this.#wishes.length === 0) {
      this.#shown = this.#own = document.title
      this.#observer.observe(document.head, { childList: true, characterData: true, subtree: true })
    }
    const wish = { title }
    this.#wishes.push(wish)
    this.#show()
    return () => {
      this.#wishes.splice(this.#wishes.indexOf(wish), 1)
      if (this.#wishes.length > 0) return this.#show()
      this.#observer.disconnect()
      // The next page may have set its own by now.
      if (document.title === this.#shown) document.title = this.#own
    }
  }

  #show(): void {
    const title = this.#wishes.at(-1)?.title
    if (title === undefined || document.title === title) return
    if (document.title !== this.#shown) this.#own = document.title
    document.title = this.#shown = title
  }
}

let ofThisTab: TabTitle | undefined

/** Shows `title` on the tab while it is given, and the page's own title again afterwards. */
export function useDocumentTitle(title: string | null): void {
  // Before the page is painted, which may come with another title.
  useLayoutEffect(() => {
    if (title === null) return
    ofThisTab ??= new TabTitle()
    return ofThisTab.add(title)
  }, [title])
}
