import { Aedes, type PublishPacket } from 'aedes'
import { Redis } from 'ioredis'
import { REDIS_PORT, serve } from './serve.ts'

/**
 * What somebody writes who wants messages in Redis and has aedes and ioredis: one pipeline for each
 * message before it is acknowledged, and one that deletes it when a subscriber has acknowledged it.
 * The keys, fields and expiry are those of hookline's `on_message_publish`.
 */
const redis = new Redis({ port: REDIS_PORT, host: '127.0.0.1' })
const EXPIRY_SECONDS = 3_600

let last = 0

/** Ids whose order is their time. */
function newMessageId(): string {
  last = Math.max(last + 1, Date.now() * 1_000)
  return String(last)
}

const broker = await Aedes.createBroker({
  authorizePublish(client, packet, done) {
    if (packet.qos === 0) {
      done(null)
      return
    }
    const id = newMessageId()
    // aedes hands the properties of MQTT 5 on to whoever sees the packet later
    packet.properties = { userProperties: { id } }
    const key = `mqtt:msg:${id}`
    void redis.pipeline()
      .hset(key, {
        id, from: client?.id ?? '', qos: packet.qos, topic: packet.topic, payload: packet.payload,
        ts: Math.floor(Date.now() / 1_000), retain: String(packet.retain),
      })
      .zadd(`mqtt:msg:${packet.topic}`, id, id)
      .expire(key, EXPIRY_SECONDS)
      .exec((error) => { done(error ?? null) })
  },
})

broker.on('ack', (acked) => {
  // nothing for a message of a clean session, whatever its type says
  const packet = acked as PublishPacket | undefined
  const id = packet?.properties?.userProperties?.['id']
  if (packet === undefined || typeof id !== 'string') return
  redis.pipeline().del(`mqtt:msg:${id}`).zrem(`mqtt:msg:${packet.topic}`, id).exec().catch((error: unknown) => { console.error(error) })
})

serve(broker)
