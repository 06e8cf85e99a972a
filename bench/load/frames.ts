/** What is done with a packet: `header` its first byte, its body the bytes from `from` to before `to`. */
export type OnFrame = (header: number, bytes: Buffer, from: number, to: number) => void

/**
 * Cuts what a socket brings into MQTT packets, and no more: parsing each into an object would cost
 * the load process as much as the broker, and it shares its core with Redis.
 */
export function frameCutter(onFrame: OnFrame): (chunk: Buffer) => void {
  let rest: Buffer | undefined
  return (chunk) => {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk])
    rest = undefined
    let at = 0
    while (at < bytes.length) {
      const body = bodyOf(bytes, at)
      if (body === undefined || body.to > bytes.length) {
        rest = bytes.subarray(at)
        return
      }
      onFrame(bytes[at] ?? 0, bytes, body.from, body.to)
      at = body.to
    }
  }
}

/** Where the body of the packet at `at` lies [MQTT-2.2.3]; undefined while its length is not there yet. */
function bodyOf(bytes: Buffer, at: number): { readonly from: number, readonly to: number } | undefined {
  let length = 0
  for (let index = 0; index < 4; index++) {
    const byte = bytes[at + 1 + index]
    if (byte === undefined) return undefined
    length += (byte & 0x7f) * 128 ** index
    if (byte < 0x80) return { from: at + 2 + index, to: at + 2 + index + length }
  }
  throw new Error('the broker sent a packet whose length has more than four bytes')
}
