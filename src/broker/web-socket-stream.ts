import { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { BegunPackets, Beginner } from './begun-packets.ts'
import type { Refusal } from './packet-check.ts'
import { TOO_SLOW } from './packet-reader.ts'

/** What a client sent is no frame of MQTT over WebSocket. */
export class FrameRefused extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.problem)
    this.refusal = refusal
  }
}

const TEXT: Refusal = { problem: 'a WebSocket frame that is not binary', reason: 'protocol' }
const NO_FRAME: Refusal = { problem: 'a WebSocket frame that is not as it must be', reason: 'protocol' }
const TOO_LARGE: Refusal = { problem: 'a WebSocket message too large for mqtt.max_packet_size', reason: 'limit' }
const TOO_MANY_PIECES: Refusal = { problem: 'a WebSocket message in too many pieces', reason: 'limit' }

/** What `ws` finds wrong with a frame, by its code. */
const WS_ERROR = /^WS_ERR_/
const WS_ERRORS: Readonly<Record<string, Refusal>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: TOO_LARGE,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: TOO_LARGE,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: TOO_MANY_PIECES,
}

/** Status codes of a close frame (RFC 6455, 7.4.1). */
const NORMAL = 1000
const UNSUPPORTED_DATA = 1003
/** There was no close frame: the network connection broke. */
const ABNORMAL = 1006

/** Bytes of small packets that leave together, as one frame. */
const FRAME = 65_536
/** How long a client has to answer our close frame, before its connection is cut. Milliseconds. */
const CLOSE_MS = 1_000

/**
 * A WebSocket as a stream of bytes: to MQTT it means nothing where a frame ends [MQTT-6.0.0-2]. What
 * is written counts as buffered until the socket below has taken it, and a reader that stops stops
 * the socket below, so that both ends are as honest as those of a TCP socket. `ws` keeps a message until
 * it is whole, and a reader that stops leaves one here: what that is of all of them is bounded.
 */
export class WebSocketStream extends Duplex implements Beginner {
  readonly #socket: WebSocket
  readonly #begun: BegunPackets
  /** Bytes that have come since the last whole message. */
  #coming = 0
  #givenUp = false
  /** Something was wrong: what comes after it is not read. */
  #refused = false

  /** The socket is open, and is this stream's from now on; `network` is what is below it. */
  constructor(socket: WebSocket, { network, begun }: { readonly network: Duplex, readonly begun: BegunPackets }) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    this.#begun = begun
    // before `ws` takes the message that they may end
    network.prependListener('data', (bytes: Buffer) => {
      this.#coming += bytes.length
      this.#count()
    })
    // a message as the pieces that came: none is copied
    socket.binaryType = 'fragments'
    socket.on('message', (data, isBinary) => { this.#take(data, isBinary) })
    socket.on('error', error => { this.#refuse(refusalOf(error)) })
    socket.on('close', code => { this.#ended(code) })
  }

  override _read(): void {
    this.#socket.resume()
    // it is read after this
    if (this.readableLength > 0) process.nextTick(this.#count)
  }

  giveUp(): void {
    this.#givenUp = true
    this.#refuse(new FrameRefused(TOO_SLOW))
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#socket.send(chunk, done)
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: Done): void {
    const frames = framesOf(chunks.map(({ chunk }) => chunk))
    const last = frames.pop()
    // they leave in order: when the last one has left, all have
    for (const frame of frames) this.#socket.send(frame, ignored)
    if (last === undefined) done()
    else this.#socket.send(last, done)
  }

  override _final(done: Done): void {
    this.#socket.close(NORMAL)
    done()
  }

  override _destroy(error: Error | null, done: Done): void {
    const socket = this.#socket
    this.#begun.ended(this)
    // a close frame would wait behind what the client does not read, and its answer behind a message that does not end
    if (socket.bufferedAmount > 0 || this.#givenUp) socket.terminate()
    else if (socket.readyState !== socket.CLOSED) {
      socket.close(error instanceof FrameRefused && error.refusal === TEXT ? UNSUPPORTED_DATA : NORMAL)
      // its answer is behind what it sent before
      socket.resume()
      const late = setTimeout(() => { socket.terminate() }, CLOSE_MS).unref()
      socket.once('close', () => { clearTimeout(late) })
    }
    done(error)
  }

  #take(data: RawData, isBinary: boolean): void {
    if (this.destroyed || this.#refused) return
    if (!isBinary) {
      this.#refuse(new FrameRefused(TEXT)) // [MQTT-6.0.0-1]
      return
    }
    let more = true
    for (const piece of piecesOf(data)) if (piece.length > 0) more = this.push(piece)
    if (!more) this.#socket.pause()
    this.#coming = 0
    // what is there now has not begun when the message did
    this.#begun.ended(this)
    this.#count()
  }

  readonly #count = (): void => {
    if (!this.destroyed && !this.#givenUp) this.#begun.takes(this, this.#coming + this.readableLength)
  }

  /** After what came before it was read. */
  #refuse(error: Error): void {
    this.#refused = true
    setImmediate(() => { this.destroy(error) })
  }

  #ended(code: number): void {
    if (this.destroyed || this.#refused) return
    this.push(null)
    // as a TCP socket that was reset: what nobody is reading is lost with it
    if (code === ABNORMAL) setImmediate(() => { this.destroy() })
  }
}

type Done = (error?: Error | null) => void

/** Of a frame that is not the last one: the last one's outcome is that of all. */
function ignored(): void {}

function piecesOf(data: RawData): readonly Buffer[] {
  if (Array.isArray(data)) return data
  return Buffer.isBuffer(data) ? [data] : [Buffer.from(data)]
}

/** Large ones as they are, small ones together: each frame costs the client an event. */
function framesOf(chunks: readonly Buffer[]): Buffer[] {
  const frames: Buffer[] = []
  let small: Buffer[] = []
  let length = 0
  for (const chunk of chunks) {
    if (length + chunk.length > FRAME) {
      if (small.length > 0) frames.push(Buffer.concat(small, length))
      small = []
      length = 0
    }
    small.push(chunk)
    length += chunk.length
  }
  if (small.length > 0) frames.push(Buffer.concat(small, length))
  return frames
}

/** A broken network connection is no mistake of the client's. */
function refusalOf(error: Error): Error {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return WS_ERROR.test(code) ? new FrameRefused(WS_ERRORS[code] ?? NO_FRAME) : error
}
