import Link from 'next/link'
import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { ContactLink } from './contact-link.tsx'

type Text = { readonly url: string } | { readonly text: string } | null

interface FooterLinksProps {
  readonly contact: string | undefined
  readonly terms: Text
  readonly showsStatus: boolean
}

const LOOK = '-my-2 inline-flex min-h-11 items-center underline underline-offset-4 hover:text-ink'

/** Who runs this server, on which terms, how it is, and a page that is needed now and then. */
export function FooterLinks({ contact, showsStatus, terms }: FooterLinksProps) {
  const t = useTranslations()
  return (
    <ul className="flex flex-wrap gap-x-6 print:hidden">
      {contact !== undefined && (
        <Item>
          <ContactLink contact={contact} className={LOOK}>
            {t('operator.contact')}
          </ContactLink>
        </Item>
      )}
      {terms && (
        <Item>
          {'url' in terms ? (
            <a href={terms.url} rel="noreferrer" className={LOOK}>
              {t('operator.terms')}
            </a>
          ) : (
            <Link href="/terms" prefetch={false} className={LOOK}>
              {t('operator.terms')}
            </Link>
          )}
        </Item>
      )}
      <Item>
        <Link href="/privacy" prefetch={false} className={LOOK}>
          {t('operator.privacy')}
        </Link>
      </Item>
      <Item>
        <Link href="/nearby" prefetch={false} className={LOOK}>
          {t('nearby.title')}
        </Link>
      </Item>
      {showsStatus && (
        <Item>
          <Link href="/status" className={LOOK}>
            {t('shell.status')}
          </Link>
        </Item>
      )}
    </ul>
  )
}

const Item = ({ children }: { readonly children: ReactNode }) => <li>{children}</li>
