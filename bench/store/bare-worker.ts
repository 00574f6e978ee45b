/** The least a store can do: hash, write into one sync access handle, flush once at the end. */
let file: FileSystemSyncAccessHandle

self.onmessage = async ({
  data: { at, bytes, id },
}: MessageEvent<{ id: number; at: number; bytes: Uint8Array<ArrayBuffer> | null }>) => {
  if (bytes) {
    await crypto.subtle.digest('SHA-1', bytes)
    file.write(bytes, { at })
  } else if (id === -1) {
    const root = await navigator.storage.getDirectory()
    file = await (await root.getFileHandle('bare', { create: true })).createSyncAccessHandle()
  } else {
    file.flush()
    file.close()
  }
  self.postMessage(id)
}
