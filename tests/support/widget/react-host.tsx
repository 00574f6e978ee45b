/** A React application on somebody else's site, with the widget in it. */
import { StrictMode, useEffect, useRef, useState } from 'react'
import { createRoot } from 'react-dom/client'
import type { TabseedDownload } from '../../../lib/embed/types.d.ts'
import type {} from './react-widget.ts'

function App({ share, link }: { readonly share: string; readonly link: string }) {
  const widget = useRef<TabseedDownload>(null)
  const [state, setState] = useState('none')
  const [shown, setShown] = useState(true)
  const [label, setLabel] = useState('Get it')
  useEffect(() => {
    const element = widget.current
    if (!element) return
    const look = () => setState(`${element.state} ${element.status.downloaded}`)
    element.addEventListener('tabseed:status', look)
    return () => element.removeEventListener('tabseed:status', look)
  }, [])
  return (
    <>
      <p id="state">{state}</p>
      <button type="button" onClick={() => setShown(!shown)}>
        Toggle
      </button>
      <button type="button" onClick={() => setLabel('Get it now')}>
        Rename
      </button>
      {shown && (
        <tabseed-download ref={widget} share={share} label={label} onClick={() => {}}>
          <a href={link}>Plain link</a>
        </tabseed-download>
      )}
    </>
  )
}

const root = document.querySelector<HTMLElement>('#root')
if (root) {
  const { link = '', share = '' } = root.dataset
  createRoot(root).render(
    <StrictMode>
      <App share={share} link={link} />
    </StrictMode>,
  )
}
