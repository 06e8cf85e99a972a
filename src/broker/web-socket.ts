import { createServer, type IncomingMessage, type OutgoingHttpHeaders, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { BegunPackets } from './begun-packets.ts'
import type { Limits } from './packet-check.ts'
import { WebSocketStream } from './web-socket-stream.ts'

/** What clients call MQTT [MQTT-6.0.0-3], the one we answer with first [MQTT-6.0.0-4]; the second is that of MQTT 3.1. */
const SUBPROTOCOLS = ['mqtt', 'mqttv3.1'] as const

/** A client may put all that it published in one turn into one message (MQTT.js in a browser does): so many times the largest packet. */
const PACKETS = 8
/** Bytes of a message that are always taken, and those that never are. */
const LEAST_MESSAGE = 1_048_576
const MOST_MESSAGE = 536_870_912
/** Bytes of a piece of a message, on average: what is smaller costs more memory than it is worth. */
const PIECE = 256

/**
 * MQTT over WebSocket (MQTT 3.1.1, section 6): returns what takes a network connection that is about
 * to speak HTTP. A WebSocket for `path` becomes a stream, anything else is answered with a sentence.
 * There are no cookies here that a foreign page could ride on; but a page reaches what listens on the
 * loopback of whoever looks at it, so `origins` may say which pages are let in.
 */
export function webSocketDoor(options: {
  readonly path: string
  /** Absent: any page. */
  readonly origins?: readonly string[] | undefined
  readonly limits: () => Limits
  readonly accept: (conn: Duplex) => void
  /** A connection had not become a WebSocket in time. */
  readonly late: () => void
}): (socket: Duplex) => void {
  const { path, origins, limits, accept } = options
  const upgrades = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // MQTT packets are small, and its memory would be the client's to ask for
    perMessageDeflate: false,
    handleProtocols: offered => chosen([...offered]) ?? false,
  })
  const begun = new BegunPackets(() => messageLimits(limits()).maxPayload)
  const http = createServer()
  /** How long each has to become a WebSocket. */
  const waiting = new WeakMap<Duplex, NodeJS.Timeout>()

  http.on('request', (request, response) => {
    const { status, headers, text } = answerTo(request, path)
    response.writeHead(status, headers).end(text)
  })
  http.on('upgrade', (request, socket, head) => {
    const refusal = upgradeRefusal(request, path) ?? originRefusal(request, origins)
    if (refusal !== undefined) {
      refuse(socket, refusal)
      return
    }
    Object.assign(upgrades.options, messageLimits(limits()))
    upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      clearTimeout(waiting.get(socket))
      accept(new WebSocketStream(webSocket, { network: socket, begun }))
    })
  })

  return (socket) => {
    const late = setTimeout(() => {
      options.late()
      socket.destroy()
    }, limits().idleTimeoutMs)
    waiting.set(socket, late)
    socket.once('close', () => { clearTimeout(late) })
    http.emit('connection', socket)
  }
}

/** Asked for at each WebSocket and kept for its life: a larger one after a reload counts for those that come then. */
function messageLimits({ maxPacketSize }: Limits) {
  const maxPayload = Math.min(Math.max(maxPacketSize * PACKETS, LEAST_MESSAGE), MOST_MESSAGE)
  const pieces = Math.ceil(maxPayload / PIECE)
  return { maxPayload, maxFragments: pieces, maxBufferedChunks: pieces }
}

function chosen(offered: readonly string[]): string | undefined {
  return SUBPROTOCOLS.find(name => offered.includes(name))
}

interface Answer {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly text: string
}

/** To whoever asks for no WebSocket. */
function answerTo(request: IncomingMessage, path: string): Answer {
  if (pathOf(request) !== path) return notHere(path)
  return answer(426, 'this is MQTT over WebSocket: ask for an upgrade with the subprotocol mqtt', { Upgrade: 'websocket' })
}

/** To whoever asks for a WebSocket that we do not give; the rest of its handshake is looked at by `ws`. */
function upgradeRefusal(request: IncomingMessage, path: string): Answer | undefined {
  if (pathOf(request) !== path) return notHere(path)
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map(name => name.trim())
  return chosen(offered) === undefined ? answer(400, 'offer the WebSocket subprotocol mqtt') : undefined
}

/** Who is no page says no origin (RFC 6455, 10.2). */
function originRefusal({ headers: { origin } }: IncomingMessage, origins: readonly string[] | undefined): Answer | undefined {
  if (origins === undefined || origin === undefined || origins.includes(origin.toLowerCase())) return undefined
  return answer(403, 'pages of this origin may not open a WebSocket here: listener.ws.<name>.check_origins')
}

function notHere(path: string): Answer {
  return answer(404, `nothing is here: MQTT over WebSocket is at ${path}`)
}

function answer(status: number, sentence: string, headers: OutgoingHttpHeaders = {}): Answer {
  const text = `${sentence}\n`
  return {
    status,
    text,
    headers: { ...headers, 'Connection': 'close', 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': Buffer.byteLength(text) },
  }
}

/** Node gives the bare socket to who takes upgrades. */
function refuse(socket: Duplex, { status, headers, text }: Answer): void {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
  socket.on('error', () => { socket.destroy() })
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${text}`, () => { socket.destroy() })
}

function pathOf({ url = '' }: IncomingMessage): string {
  const [path = ''] = url.split('?', 1)
  return path
}
