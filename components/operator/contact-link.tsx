interface ContactLinkProps {
  /** A mail address or a URL, from the configuration. */
  readonly contact: string
  readonly className?: string
  /** Default: the address itself. */
  readonly children?: string
}

/** A link to whoever runs this server. */
export function ContactLink({ children, className, contact }: ContactLinkProps) {
  const isUrl = /^(https?|mailto):/i.test(contact)
  return (
    <a
      href={isUrl ? contact : `mailto:${contact}`}
      rel="noreferrer"
      className={className ?? 'underline underline-offset-4 [overflow-wrap:anywhere]'}
    >
      {children ?? contact.replace(/^mailto:/i, '')}
    </a>
  )
}
