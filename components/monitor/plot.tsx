import { useTheme } from 'next-themes'
import { useEffect, useRef, useState } from 'react'
import type uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

export interface Line {
  readonly label: string
  readonly values: readonly number[]
  /** Drawn in the second colour, and dashed. */
  readonly isSecond: boolean
}

interface PlotProps {
  readonly title: string
  /** Seconds since 1970, rising. Between two of them nothing changed. */
  readonly times: readonly number[]
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
}

const HEIGHT = 180

/** Steps over time: a drawing the server made, and in its place, once scripts run, one that shows values under the pointer. */
export function Plot({ title, times, lines, format }: PlotProps) {
  const host = useRef<HTMLDivElement>(null)
  const { resolvedTheme } = useTheme()
  const [drawn, setDrawn] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are those of the theme
  useEffect(() => {
    const element = host.current
    if (element === null) return
    let plot: uPlot | undefined
    let gone = false
    const observer = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: HEIGHT }))
    void import('uplot').then(({ default: Drawing }) => {
      if (gone) return
      plot = new Drawing(
        optionsFor(Drawing, element, lines, format),
        [[...times], ...lines.map(({ values }) => [...values])],
        element,
      )
      observer.observe(element)
      setDrawn(true)
    })
    return () => {
      gone = true
      observer.disconnect()
      plot?.destroy()
    }
  }, [times, lines, format, resolvedTheme])
  return (
    <figure className="card p-4 sm:p-5" data-plot={drawn ? 'live' : 'still'}>
      <figcaption className="mb-2 font-semibold">
        {title}
        <span className="sr-only">
          : {lines.map(({ label, values }) => `${label} ${format(values.at(-1) ?? 0)}`).join(', ')}
        </span>
      </figcaption>
      {/* Keyboard and screen readers have the table below. */}
      <div ref={host} aria-hidden="true" className="text-muted" />
      {!drawn && <Still times={times} lines={lines} />}
    </figure>
  )
}

function optionsFor(
  Drawing: typeof uPlot,
  element: HTMLElement,
  lines: readonly Line[],
  format: (value: number) => string,
): uPlot.Options {
  const style = getComputedStyle(element)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  }
  const stepped = Drawing.paths.stepped?.({ align: 1 })
  return {
    width: element.clientWidth,
    height: HEIGHT,
    // It must not begin above nothing, nor have half a person on its axis.
    scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] } },
    axes: [
      axis,
      {
        ...axis,
        size: 72,
        values: (_, splits) => splits.map(at => (Number.isInteger(at) ? format(at) : '')),
      },
    ],
    series: [
      {},
      ...lines.map(({ isSecond, label }) => ({
        label,
        stroke: colour(isSecond ? '--amber' : '--leaf'),
        width: 2,
        ...(isSecond && { dash: [6, 4] }),
        ...(stepped && { paths: stepped }),
        value: (_: uPlot, value: number | null) => (value === null ? '–' : format(value)),
      })),
    ],
  }
}

const WIDTH = 600

/** The same without a script: lines alone. */
function Still({ times, lines }: Pick<PlotProps, 'times' | 'lines'>) {
  const start = times[0] ?? 0
  const span = Math.max(1, (times.at(-1) ?? 0) - start)
  const most = Math.max(1, ...lines.flatMap(({ values }) => values)) * 1.05
  const path = (values: readonly number[]) =>
    values
      .map((value, index) => {
        const x = ((((times[index] ?? start) - start) / span) * WIDTH).toFixed(1)
        const y = (HEIGHT - (value / most) * HEIGHT).toFixed(1)
        return index === 0 ? `M${x},${y}` : `H${x}V${y}`
      })
      .join('')
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      className="h-45 w-full border-line border-b"
    >
      {lines.map(({ isSecond, label, values }) => (
        <path
          key={label}
          d={path(values)}
          fill="none"
          strokeWidth={2}
          vectorEffect="non-scaling-stroke"
          {...(isSecond && { strokeDasharray: '6 4' })}
          className={isSecond ? 'stroke-amber' : 'stroke-leaf'}
        />
      ))}
    </svg>
  )
}
