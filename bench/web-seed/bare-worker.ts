/** The least a browser can do: fetch, write what comes into one sync access handle, flush once at the end. */
self.onmessage = async ({ data: url }: MessageEvent<string>) => {
  const root = await navigator.storage.getDirectory()
  const file = await (await root.getFileHandle('bare', { create: true })).createSyncAccessHandle()
  const { body } = await fetch(url, { cache: 'no-store' })
  let at = 0
  if (body) for await (const bytes of body) at += file.write(bytes, { at })
  file.flush()
  file.close()
  self.postMessage(at)
}
