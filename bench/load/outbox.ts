import type { Socket } from 'node:net'

/** Small packets that leave together when the turn ends, or `delayMs` after the first of them. */
export function outboxOf(socket: Socket, delayMs = 0): (packet: Buffer) => void {
  let packets: Buffer[] = []

  function write(): void {
    const bytes = Buffer.concat(packets)
    packets = []
    if (!socket.writableEnded) socket.write(bytes)
  }

  return (packet) => {
    packets.push(packet)
    if (packets.length > 1) return
    if (delayMs === 0) queueMicrotask(write)
    else setTimeout(write, delayMs)
  }
}

/** An acknowledgement with this first byte, of the packet id at `at`. */
export function acknowledgement(header: number, bytes: Buffer, at: number): Buffer {
  return Buffer.from([header, 2, bytes[at] ?? 0, bytes[at + 1] ?? 0])
}
