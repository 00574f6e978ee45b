/** `/embed-engine.js`: the engine for widgets on pages of other origins, loaded on click. */
import './without-eval.ts'
import { thisTab } from '../../browser/this-tab.ts'
import type { RunRequest } from '../place.ts'
import type { Runner } from '../status.ts'
import type { WidgetMedia } from './media.ts'
import { WidgetEngine } from './widget-engine.ts'

const engine = new WidgetEngine(thisTab())

/** {@link WidgetEngine.open} */
export const open = (request: RunRequest): Runner => engine.open(request)

/** {@link WidgetEngine.openMedia} */
export const openMedia = (infoHash: string): Promise<WidgetMedia | null> => engine.openMedia(infoHash)

/** {@link WidgetEngine.completeMedia} */
export const completeMedia = (infoHash: string): Promise<WidgetMedia | null> => engine.completeMedia(infoHash)
