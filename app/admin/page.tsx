import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { NextIntlClientProvider } from 'next-intl'
import { getLocale, getMessages } from 'next-intl/server'
import { AdminView } from '../../components/admin/admin-view.tsx'
import { adminMessages } from '../../lib/i18n/request.ts'
import { services } from '../../server/pages/services.ts'

export async function generateMetadata(): Promise<Metadata> {
  const { admin } = await adminMessages(await getLocale())
  return { title: admin.title, robots: { index: false, follow: false } }
}

/** Nothing of the server is on it before its operator's key is entered. */
export default async function AdminPage() {
  await headers()
  const locale = await getLocale()
  const messages = { ...(await getMessages()), ...(await adminMessages(locale)) }
  return (
    <NextIntlClientProvider messages={messages}>
      <AdminView hasKeys={services().operator.hasKeys} />
    </NextIntlClientProvider>
  )
}
