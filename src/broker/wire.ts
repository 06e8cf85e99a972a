import type { Duplex } from 'node:stream'
import { writeToStream } from 'mqtt-packet'
import type { OutgoingPublish } from '../delivery/ports.ts'

/** First byte of the fixed header of an acknowledgement, with its flags [MQTT-2.2.2-1]. */
const PUBACK = 0x40
const PUBREC = 0x50
const PUBREL = 0x62
const PUBCOMP = 0x70
const UNSUBACK = 0xb0

/** Packets to a socket. Nothing is written to one that is closed. */
export const wire = {
  publish(conn: Duplex, packet: OutgoingPublish): void {
    if (conn.destroyed) return
    const { topic, payload, qos, retain, dup, packetId } = packet
    writeToStream({ cmd: 'publish', topic, payload, qos, retain, dup, messageId: packetId }, conn)
  },
  puback: (conn: Duplex, packetId: number) => acknowledge(conn, PUBACK, packetId),
  pubrec: (conn: Duplex, packetId: number) => acknowledge(conn, PUBREC, packetId),
  pubrel: (conn: Duplex, packetId: number) => acknowledge(conn, PUBREL, packetId),
  pubcomp: (conn: Duplex, packetId: number) => acknowledge(conn, PUBCOMP, packetId),
  unsuback: (conn: Duplex, packetId: number) => acknowledge(conn, UNSUBACK, packetId),
  /** One return code per filter: the granted QoS, or 128 for a refused one [MQTT-3.9.3-1]. */
  suback(conn: Duplex, packetId: number, granted: readonly number[]): void {
    if (conn.destroyed) return
    writeToStream({ cmd: 'suback', messageId: packetId, granted: [...granted] }, conn)
  },
}

function acknowledge(conn: Duplex, header: number, packetId: number): void {
  if (conn.destroyed) return
  conn.write(Buffer.from([header, 2, packetId >> 8, packetId & 0xff]))
}
