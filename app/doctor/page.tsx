import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { DoctorView } from '../../components/doctor/doctor-view.tsx'

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('doctor')
  return { title: t('title'), description: t('lead') }
}

export default async function DoctorPage() {
  const t = await getTranslations('doctor')
  return (
    <div className="pt-6 pb-8 sm:pt-12">
      <h1 className="font-bold text-3xl tracking-tight sm:text-4xl">{t('title')}</h1>
      <p className="mt-3 mb-6 max-w-xl text-lg text-muted">{t('lead')}</p>
      <DoctorView />
    </div>
  )
}
