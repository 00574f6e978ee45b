/** What the fields of `EndsFields` say, as the API takes it. */
export function endsOf(form: FormData): { expiresIn?: number | null; downloadsMax?: number | null } {
  const time = form.get('expiresIn') ?? 'keep'
  const downloads = form.get('downloadsMax') ?? 'keep'
  return {
    ...(time !== 'keep' && { expiresIn: time === 'never' ? null : Number(time) }),
    ...(downloads !== 'keep' && { downloadsMax: downloads === 'any' ? null : Number(downloads) }),
  }
}
