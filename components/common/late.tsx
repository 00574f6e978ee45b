'use client'

import { type ComponentType, Suspense, useSyncExternalStore } from 'react'
import { Watchable } from '../../lib/base/watchable.ts'
import { loadLate } from '../../lib/react/page/load-late.ts'
import { ErrorNotice } from './error-notice.tsx'

/** A component whose code is loaded when it is first shown. While the server is away, its place says so. For the top of a module. */
export function late<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const away = new Watchable(false)
  const Loaded = loadLate(load, isAway => away.set(isAway))
  // biome-ignore lint/correctness/noComponentHookFactories: called once for each component, at the top of a module, as React.lazy is
  return function Late(props: Props) {
    return (
      <Suspense fallback={<WhileLoading away={away} />}>
        <Loaded {...props} />
      </Suspense>
    )
  }
}

function WhileLoading({ away }: { readonly away: Watchable<boolean> }) {
  const isAway = useSyncExternalStore(away.subscribe, away.getSnapshot, () => false)
  return isAway && <ErrorNotice audience="reader" code="server_unreachable" />
}
