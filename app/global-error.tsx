'use client'

import { MessagePage } from '../components/shell/message-page.tsx'
import { Button } from '../components/ui/button.tsx'
import './globals.css'

/** `failure` of the English catalogue, which no page loads for these three sentences. */
const TEXTS = {
  title: 'This page stopped working',
  text: 'Nothing on your device is lost. Shares in this tab continue while it is open.',
  retry: 'Try again',
}

/** Shown when the layout itself fails. English, because the language is lost too; depends on nothing else. */
export default function GlobalError() {
  const { title, text, retry } = TEXTS
  return (
    <html lang="en">
      <body className="bg-page px-4 font-sans text-ink">
        <title>{title}</title>
        <MessagePage title={title} text={text}>
          <Button look="primary" onClick={() => location.reload()}>
            {retry}
          </Button>
        </MessagePage>
      </body>
    </html>
  )
}
