/** Bundles the widget into `.next/widget`; part of every build of the pages. */
import { buildWidget } from '../server/embed/scripts.ts'

await buildWidget()
