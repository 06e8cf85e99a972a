const SLOTS = 16_384

/** The part of a key that decides its slot: what the first `{` and the `}` after it enclose, else all of it (redis.io, cluster specification, hash tags). */
export function hashTag(key: string): string {
  const open = key.indexOf('{')
  const close = open === -1 ? -1 : key.indexOf('}', open + 1)
  return close > open + 1 ? key.slice(open + 1, close) : key
}

/** The slot of a key on a cluster: CRC16 (XMODEM) of its hash tag. */
export function hashSlot(key: string): number {
  let crc = 0
  for (const byte of new TextEncoder().encode(hashTag(key))) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xFFFF
  }
  return crc % SLOTS
}
