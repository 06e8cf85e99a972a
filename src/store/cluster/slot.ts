/** Slots of a cluster (redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec, "Key distribution model"). */
export const SLOTS = 16_384

/** CRC-16/XMODEM of every byte. */
const CRC = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let i = 0; i < 8; i++) crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1
  return crc
})

const [OPEN, CLOSE] = [0x7b, 0x7d]

/** The slot in which a key lies: of what stands between its first `{` and the next `}`, if that is something; else of all of it. */
export function slotOf(key: string | Buffer): number {
  const bytes = typeof key === 'string' ? Buffer.from(key) : key
  const open = bytes.indexOf(OPEN)
  const close = open < 0 ? -1 : bytes.indexOf(CLOSE, open + 1)
  return crc16(close > open + 1 ? bytes.subarray(open + 1, close) : bytes) % SLOTS
}

function crc16(bytes: Buffer): number {
  let crc = 0
  for (const byte of bytes) crc = (crc << 8 & 0xffff) ^ (CRC[(crc >> 8 ^ byte) & 0xff] ?? 0)
  return crc
}
