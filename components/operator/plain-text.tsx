/** A text of the operator: paragraphs separated by empty lines. */
export function PlainText({ text }: { readonly text: string }) {
  return (
    <div className="max-w-prose space-y-4">
      {text.split(/\n\s*\n/).map((paragraph, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the text never changes
        <p key={index} className="whitespace-pre-line [overflow-wrap:anywhere]">
          {paragraph}
        </p>
      ))}
    </div>
  )
}
