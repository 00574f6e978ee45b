import { percentEncode } from './percent-encode.ts'

/**
 * URL of a file on a web seed (BEP 19): `base`/`name`/`path` for a folder; for a single file `base` itself, or `name` below
 * it when `base` ends with a slash. `path` has the components below `name`, which are percent-encoded here.
 */
export function webSeedFileUrl(
  base: string,
  { name, singleFile }: { readonly name: string; readonly singleFile: boolean },
  path: readonly string[],
): string {
  if (singleFile && !base.endsWith('/')) return base
  const components = singleFile ? [name] : [name, ...path]
  return `${base}${base.endsWith('/') ? '' : '/'}${components.map(percentEncode).join('/')}`
}
