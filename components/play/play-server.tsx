'use client'

import { useEffect } from 'react'
import { servePlays } from '../../lib/play/serve.ts'

/** Gives the service worker the bytes it asks this tab for. */
export function PlayServer() {
  useEffect(servePlays, [])
  return null
}
