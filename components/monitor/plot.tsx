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
  /** Seconds since 1970, ascending; values are constant between two of them. */
  readonly times: readonly number[]
  /** Seconds that the plot covers, up to the last of `times`; else a few points would all fall into one minute or day. */
  readonly span: number
  readonly lines: readonly Line[]
  readonly format: (value: number) => string
  /** Text of a time (seconds since 1970) below the plot. */
  readonly formatTime: (seconds: number) => string
  readonly timeLabel: string
}

const HEIGHT = 180

/** Steps over time: drawn by the server, then replaced, once scripts run, by a plot that shows values under the pointer. */
export function Plot({ title, times, span, lines, format, formatTime, timeLabel }: PlotProps) {
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
    const draw = ({ default: Drawing }: { readonly default: typeof uPlot }) => {
      if (gone) return
      const options = optionsFor(Drawing, element, { times, span, lines, format, formatTime, timeLabel })
      plot = new Drawing(options, [[...times], ...lines.map(({ values }) => [...values])], element)
      observer.observe(element)
      setDrawn(true)
    }
    // The drawing of the server stays where it can't be loaded: the server is away, or the browser names no real language.
    void import('uplot').then(draw, () => undefined)
    return () => {
      gone = true
      observer.disconnect()
      plot?.destroy()
    }
  }, [times, span, lines, format, formatTime, resolvedTheme])
  return (
    <figure className="card p-4 sm:p-5" data-plot={drawn ? 'live' : 'still'}>
      <figcaption className="mb-2 font-semibold">
        {title}
        <span className="sr-only">
          : {lines.map(({ label, values }) => `${label} ${format(values.at(-1) ?? 0)}`).join(', ')}
        </span>
      </figcaption>
      {/* For keyboard and screen readers there is the table below. */}
      <div ref={host} aria-hidden="true" className="text-sm [&_.uplot]:font-sans!" />
      {!drawn && <Still times={times} span={span} lines={lines} />}
    </figure>
  )
}

function optionsFor(
  Drawing: typeof uPlot,
  element: HTMLElement,
  { format, formatTime, lines, span, timeLabel, times }: Omit<PlotProps, 'title'>,
): uPlot.Options {
  const end = times.at(-1) ?? 0
  const style = getComputedStyle(element)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  const font = `12px ${style.fontFamily}`
  const axis = {
    font,
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  }
  const stepped = Drawing.paths.stepped?.({ align: 1 })
  return {
    width: element.clientWidth,
    height: HEIGHT,
    scales: {
      // With a single time, the range that uPlot proposes is arbitrary.
      x: { range: () => [end - span, end] },
      // The axis starts at 0 and has whole numbers: there is no half person.
      y: { range: (_, __, most) => [0, Math.max(1, most * 1.05)] },
    },
    axes: [
      { ...axis, values: (_, splits) => splits.map(formatTime) },
      {
        ...axis,
        size: 60,
        values: (_, splits) => splits.map(at => (Number.isInteger(at) ? format(at) : '')),
      },
    ],
    legend: { markers: { width: 2 } },
    // Without a pointer, show the latest values.
    hooks: { ready: [showLatest], setCursor: [plot => plot.cursor.idx == null && showLatest(plot)] },
    tzDate: seconds => Drawing.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    series: [
      { label: timeLabel, value: (_, seconds) => (seconds === null ? '' : formatTime(seconds)) },
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

function showLatest(plot: uPlot): void {
  plot.setLegend({ idx: plot.data[0].length - 1 }, false)
}

const WIDTH = 600

/** The same without scripts: only the lines. */
function Still({ times, span, lines }: Pick<PlotProps, 'times' | 'span' | 'lines'>) {
  const start = (times.at(-1) ?? 0) - span
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
