import { Aedes } from 'aedes'
import { connect } from 'node:net'
import { REDIS_PORT, serve } from './serve.ts'

/**
 * The least that a broker with aedes can take which asks Redis before it acknowledges: of all payloads
 * of a turn of the event loop one `SET` of one key, over a bare socket. It looks at no rule and no reply, keeps no
 * message apart from another and survives no error; how much of a figure is this, nobody can save.
 */
const OK_LENGTH = '+OK\r\n'.length

const redis = connect({ port: REDIS_PORT ?? 0, host: '127.0.0.1', noDelay: true })
const rounds: (() => void)[][] = []
let payloads: (string | Buffer)[] = []
let waiting: (() => void)[] = []

function flush(): void {
  const value = payloads.join('')
  redis.write(`*3\r\n$3\r\nSET\r\n$5\r\nround\r\n$${Buffer.byteLength(value)}\r\n${value}\r\n`)
  rounds.push(waiting)
  payloads = []
  waiting = []
}

redis.on('data', (replies) => {
  for (let at = 0; at < replies.length; at += OK_LENGTH) for (const acknowledge of rounds.shift() ?? []) acknowledge()
})

serve(await Aedes.createBroker({
  authorizePublish(_client, packet, done) {
    if (packet.qos === 0) {
      done(null)
      return
    }
    payloads.push(packet.payload)
    if (waiting.push(() => { done(null) }) === 1) setImmediate(flush)
  },
}))
