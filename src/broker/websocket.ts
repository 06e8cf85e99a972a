import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, WebSocketServer } from 'ws'

export interface WebSocketOptions {
  /** Of the URL, such as `/mqtt`. */
  readonly path: string
  /** Bytes of a message at most, asked for at each connection: one that says it is longer is refused before it is read. */
  readonly maxMessageBytes: () => number
  /** Takes a connection; what is read and written are MQTT's bytes, whatever frames they come in [MQTT-6.0.0-2]. */
  readonly accept: (conn: Duplex) => void
}

/** Of MQTT 3.1.1 [MQTT-6.0.0-3], and of 3.1 for old libraries; the first that a client offers is taken. */
const SUBPROTOCOLS: ReadonlySet<string> = new Set(['mqtt', 'mqttv3.1'])

/** Speaks MQTT over WebSocket on an HTTP server; other requests are told what is here. */
export function acceptWebSockets(server: Server, { path, maxMessageBytes, accept }: WebSocketOptions): void {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (offered) => [...offered].find((name) => SUBPROTOCOLS.has(name)) ?? false,
  })
  sockets.on('connection', (socket) => {
    const conn = createWebSocketStream(socket)
    // [MQTT-6.0.0-1]: before the stream hears of it
    socket.prependListener('message', (_message, isBinary) => { if (!isBinary) conn.destroy() })
    accept(conn)
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const refusal = refusalOf(request)
    if (refusal !== undefined) {
      socket.end(answer(...refusal))
      return
    }
    // a reload may have changed it
    sockets.options.maxPayload = maxMessageBytes()
    sockets.handleUpgrade(request, socket, head, (webSocket) => sockets.emit('connection', webSocket, request))
  })
  server.on('request', (request, response) => {
    const [status, text] = refusalOf(request) ?? [426, UPGRADE]
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close', ...(status === 426 && { upgrade: 'websocket' }) })
    response.end(`${text}\n`)
  })

  function refusalOf({ url = '', headers }: IncomingMessage): readonly [status: number, text: string] | undefined {
    if (url.split('?')[0] !== path) return [404, `MQTT over WebSocket is at ${path}`]
    if (headers.upgrade?.toLowerCase() !== 'websocket') return [426, UPGRADE]
    const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
    return offered.some((name) => SUBPROTOCOLS.has(name)) ? undefined : [400, 'the subprotocol must be mqtt [MQTT-6.0.0-3]']
  }
}

const UPGRADE = 'this is MQTT over WebSocket: connect with an MQTT client'

function answer(status: number, text: string): string {
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, 'Connection: close', 'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text) + 1}`, '', `${text}\n`,
  ].join('\r\n')
}
