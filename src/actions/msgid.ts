import { randomBytes } from 'node:crypto'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const TIME_DIGITS = 9
const SUFFIX_DIGITS = 11

/** `width` digits of base 62, whose byte order is numeric order. `value` is a whole number below 62^width. */
function base62(value: number, width: number): string {
  let text = ''
  for (let rest = value, i = 0; i < width; i++) {
    text = DIGITS.charAt(rest % 62) + text
    rest = Math.floor(rest / 62)
  }
  return text
}

/** Tells the ids of one broker process from those of all others: 11 digits of base 62. */
export function newBootId(): string {
  const bytes = randomBytes(SUFFIX_DIGITS)
  // 248 is the largest multiple of 62 in a byte; the bias of the rest is of no consequence here
  return Array.from(bytes, (byte) => DIGITS.charAt(byte % 62)).join('')
}

/**
 * Makes msgids, of milliseconds since 1970: 9 digits of base 62 with the microseconds, then the boot id. Ids of one
 * maker only grow, also when the clock goes back; those of two never meet [ours, SPEC 3].
 */
export function msgidMaker(bootId: string): (nowMs: number) => string {
  let last = 0
  let high = -1
  let highDigits = ''
  return (nowMs) => {
    last = Math.max(last + 1, Math.floor(nowMs * 1000))
    const low = last % PAIRS.length
    // the high digits stay for some milliseconds
    if (last - low !== high) {
      high = last - low
      highDigits = base62(high / PAIRS.length, TIME_DIGITS - 2)
    }
    return highDigits + (PAIRS[low] ?? '') + bootId
  }
}

/** All pairs of digits, in order. */
const PAIRS = Array.from({ length: 62 ** 2 }, (_, value) => base62(value, 2))

/** Microseconds since 1970 of an id of ours; undefined for any other text. */
export function msgidMicros(id: string): number | undefined {
  if (!/^[0-9A-Za-z]{20}$/.test(id)) return undefined
  let value = 0
  for (let i = 0; i < TIME_DIGITS; i++) value = value * 62 + DIGITS.indexOf(id.charAt(i))
  return value
}
