/** Eight tables of 256 entries: byte i of eight is looked up in table 7 - i. */
const TABLES = makeTables()

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0)
    tables[byte] = value
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] ?? 0
    tables[at] = (before >>> 8) ^ (tables[before & 0xff] ?? 0)
  }
  return tables
}

/** CRC-32 (ISO 3309) of `bytes`; `crc` is that of all bytes before them. */
export function crc32(bytes: Uint8Array, crc = 0): number {
  // Eight bytes a round: byte by byte, the checksum of a large zip takes longer than writing it to the disk.
  const t = TABLES
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = bytes.length - (bytes.length % 8)
  let sum = ~crc
  let at = 0
  for (; at < end; at += 8) {
    const low = words.getInt32(at, true) ^ sum
    const high = words.getInt32(at + 4, true)
    sum =
      (t[0x700 + (low & 0xff)] as number) ^
      (t[0x600 + ((low >>> 8) & 0xff)] as number) ^
      (t[0x500 + ((low >>> 16) & 0xff)] as number) ^
      (t[0x400 + (low >>> 24)] as number) ^
      (t[0x300 + (high & 0xff)] as number) ^
      (t[0x200 + ((high >>> 8) & 0xff)] as number) ^
      (t[0x100 + ((high >>> 16) & 0xff)] as number) ^
      (t[high >>> 24] as number)
  }
  for (; at < bytes.length; at++) sum = (sum >>> 8) ^ (t[(sum ^ (bytes[at] as number)) & 0xff] as number)
  return ~sum >>> 0
}
