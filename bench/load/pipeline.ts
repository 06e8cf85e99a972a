import { once } from 'node:events'
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { noFigures, type LoadFigures } from './orders.ts'

/** Messages in one write, and writes that are under way: more of either changes nothing. */
const BATCH = 64
const UNDER_WAY = 4
/** Each command is answered with one line, such as `:7`. */
const COMMANDS = 3
const LINE_FEED = 10

const PAYLOAD = 'x'.repeat(100)

/** What it costs Redis to take a message's record, its place and its expiry, if nobody stands before it. Who begins at number 0 begins with an empty Redis. */
export async function pipeline(port: number, first: number, messages: number): Promise<LoadFigures> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  if (first === 0) {
    socket.write(resp(['flushall']))
    await once(socket, 'data')
  }
  const start = performance.now()
  let sent = 0
  let lines = 0

  function send(): void {
    let text = ''
    for (const end = Math.min(sent + BATCH, messages); sent < end; sent++) text += commands(first + sent)
    if (text !== '') socket.write(text)
  }

  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('data', (bytes: Buffer) => {
      if (bytes.includes('-')) reject(new Error(`Redis answered ${bytes.toString('latin1').slice(0, 100)}`))
      for (const byte of bytes) {
        if (byte === LINE_FEED && ++lines % (BATCH * COMMANDS) === 0) send()
      }
      if (lines >= messages * COMMANDS) resolve()
    })
    for (let batch = 0; batch < UNDER_WAY; batch++) send()
  })
  socket.destroy()
  return { ...noFigures(messages), seconds: (performance.now() - start) / 1_000 }
}

/** The fields of the record that hookline writes, in lengths as they are there. */
function commands(number: number): string {
  const id = String(number).padStart(20, '0')
  const topic = `bench/${number % 8}`
  const key = `mqtt:msg:${id}`
  return resp(['hset', key, 'id', id, 'from', 'publisher-0', 'qos', '1', 'topic', topic, 'payload', PAYLOAD, 'ts', '1700000000', 'retain', 'false'])
    + resp(['zadd', `mqtt:msg:${topic}`, String(1_700_000_000_000_000 + number), id])
    + resp(['expire', key, '3600'])
}

/** redis.io/docs/latest/develop/reference/protocol-spec; ASCII only. */
function resp(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map(word => `$${word.length}\r\n${word}\r\n`).join('')}`
}
