'use client'

import { useEffect } from 'react'
import { thisTab } from '../../lib/browser/this-tab.ts'
import { servePlays } from '../../lib/play/serve.ts'

/** Answers the service worker's requests for bytes. */
export function PlayServer() {
  useEffect(() => servePlays(thisTab()), [])
  return null
}
