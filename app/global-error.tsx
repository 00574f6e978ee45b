'use client'

import { MessagePage } from '../components/shell/message-page.tsx'
import { Button } from '../components/ui/button.tsx'
import messages from '../lib/i18n/messages/en.json'
import './globals.css'

/** Shown when the layout itself fails. English, because the language is lost too; depends on nothing else. */
export default function GlobalError() {
  const { title, text, retry } = messages.failure
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
