import { linksOf } from './links-of.ts'
import { Name } from './name.tsx'

/** A text of several lines from other people, with links that work: in a tab of their own, because this one may be giving files. */
export function LinkedText({ text }: { readonly text: string }) {
  return linksOf(text).map(({ text: part, href }, at) =>
    href === undefined ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other identity
      <Name key={at} text={part} lines />
    ) : (
      <a
        // biome-ignore lint/suspicious/noArrayIndexKey: as above
        key={at}
        href={href}
        target="_blank"
        rel="nofollow noopener ugc"
        // The address of this page is all that somebody needs to get the files.
        referrerPolicy="no-referrer"
        className="break-all text-leaf underline underline-offset-4"
      >
        <Name text={part} />
      </a>
    ),
  )
}
