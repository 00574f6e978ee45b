/** Bytes of UTF-8 as they travel, one a UTF-16 unit: parts of them join without being copied or decoded. */
export type WireText = string

/** 20 bytes as 20 UTF-16 units: info hashes, peer ids and offer ids as bittorrent-tracker's WebSocket messages have them. */
export type Id = string
