'use client'

import { createContext, use } from 'react'
import type { Terms } from '../../protocol/publishing.ts'

const TermsContext = createContext<Terms>({
  publish: 'open',
  audience: 'everyone-only',
  lists: 'nothing',
  expiryDefault: null,
  expiryMax: null,
  receive: false,
})

/** Wraps pages, with the terms of their server. */
export const TermsProvider = TermsContext.Provider

/** On which terms this server publishes. */
export const useTerms = (): Terms => use(TermsContext)
