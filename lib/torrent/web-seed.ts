import { percentEncode } from './percent-encode.ts'

/**
 * Where a web seed has a file (BEP 19): below `base` for the folder `name`; for a single file `base` itself, or, when
 * that ends with a slash, `name` below it. `path` holds the components below `name`. Names are percent-encoded.
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
