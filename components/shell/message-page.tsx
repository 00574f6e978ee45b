import type { ReactNode } from 'react'
import { Logo } from './logo.tsx'

interface MessagePageProps {
  readonly title: string
  readonly text: string
  readonly children: ReactNode
}

/** A page with a message and one next step. */
export function MessagePage({ title, text, children }: MessagePageProps) {
  return (
    <div className="flex flex-col items-start gap-4 py-16 sm:py-24">
      <Logo className="size-16 opacity-60 grayscale" />
      <h1 className="font-bold text-3xl tracking-tight">{title}</h1>
      <p className="max-w-prose text-lg text-muted">{text}</p>
      {children}
    </div>
  )
}
