/** Above ASCII a text's bytes are not its characters. */
const ASCII = 0x80
/** Texts up to here are written character by character: a call into the runtime costs more. */
const SHORT = 64
/** `$`, a length, and two line ends. */
const FRAME_BYTES = 16
const CR = 13
const LF = 10
const DOLLAR = 36
const STAR = 42
const ZERO = 48

/** Room for arguments that are encoded as they come, at first: as much as the last ones came to need, from a message or two to a piece of a round. Powers of two, so that a few bytes more do not make it grow. */
const LEAST_ROOM = 512
/**
 * What does not fit goes into a next piece. As large as what Node reads from a socket at once: the system's allocator has the
 * one in the place of the other, where buffers of megabytes, each for a round, find no place among what is alive.
 */
const MOST_ROOM = 64 * 1024
let firstRoom = LEAST_ROOM

/**
 * One command as it goes over the wire (RESP, redis.io/docs/reference/protocol-spec), with what is
 * encoded already behind its other arguments. Most often one piece.
 */
export function encodeCommand(name: string, args: readonly (string | Buffer)[], more?: EncodedArguments): [Buffer, ...Buffer[]] {
  const pieces = more?.pieces ?? NONE
  const [only] = pieces
  const joined = pieces.length === 1 && only !== undefined && only.length <= MOST_ROOM ? only : undefined
  let room = 2 * FRAME_BYTES + name.length + (joined?.length ?? 0)
  for (const arg of args) room += roomFor(arg)
  const bytes = Buffer.allocUnsafe(room)
  let at = writeHead(bytes, 0, STAR, args.length + 1 + (more?.count ?? 0))
  at = writeText(bytes, at, name)
  for (const arg of args) at = write(bytes, at, arg)
  if (joined === undefined) return [bytes.subarray(0, at), ...pieces]
  bytes.set(joined, at)
  return [bytes.subarray(0, at + joined.length)]
}

/**
 * Arguments of a command, encoded one by one. A store call has thousands of short ones, so this is
 * most of what a stored message costs: a buffer for many, no text and no list in between.
 */
export class EncodedArguments {
  readonly #full: Buffer[] = []
  #room = Buffer.allocUnsafe(firstRoom)
  #length = 0
  #count = 0

  get count(): number {
    return this.#count
  }

  /** One behind the other. */
  get pieces(): readonly Buffer[] {
    const last = this.#full.length === 0 ? this.#length : MOST_ROOM
    firstRoom = LEAST_ROOM
    while (firstRoom < last && firstRoom < MOST_ROOM) firstRoom *= 2
    return [...this.#full, this.#room.subarray(0, this.#length)]
  }

  add(arg: string | Buffer): void {
    const needed = this.#length + roomFor(arg)
    if (needed > this.#room.length) this.#grow(needed)
    this.#length = write(this.#room, this.#length, arg)
    this.#count++
  }

  #grow(needed: number): void {
    const there = this.#room.subarray(0, this.#length)
    if (needed <= MOST_ROOM) {
      this.#room = Buffer.allocUnsafe(Math.min(MOST_ROOM, Math.max(2 * this.#room.length, needed)))
      this.#room.set(there)
      return
    }
    if (there.length > 0) this.#full.push(there)
    this.#room = Buffer.allocUnsafe(Math.max(MOST_ROOM, needed - this.#length))
    this.#length = 0
  }
}

const NONE: readonly Buffer[] = []

/** At most. */
function roomFor(arg: string | Buffer): number {
  return FRAME_BYTES + (typeof arg === 'string' ? arg.length * 3 : arg.length)
}

function write(bytes: Buffer, at: number, arg: string | Buffer): number {
  return typeof arg === 'string' ? writeText(bytes, at, arg) : writeBytes(bytes, at, arg)
}

function writeText(bytes: Buffer, at: number, text: string): number {
  const { length } = text
  if (length <= SHORT) {
    const start = writeHead(bytes, at, DOLLAR, length)
    let i = 0
    while (i < length) {
      const code = text.charCodeAt(i)
      if (code >= ASCII) break
      bytes[start + i] = code
      i++
    }
    if (i === length) return writeEnd(bytes, start + length)
  }
  const start = writeHead(bytes, at, DOLLAR, Buffer.byteLength(text))
  return writeEnd(bytes, start + bytes.write(text, start))
}

function writeBytes(bytes: Buffer, at: number, arg: Buffer): number {
  const start = writeHead(bytes, at, DOLLAR, arg.length)
  bytes.set(arg, start)
  return writeEnd(bytes, start + arg.length)
}

function writeHead(bytes: Buffer, at: number, sign: number, count: number): number {
  bytes[at++] = sign
  // most texts are this short
  if (count < 10) bytes[at++] = ZERO + count
  else at = writeDigits(bytes, at, count)
  return writeEnd(bytes, at)
}

function writeDigits(bytes: Buffer, at: number, count: number): number {
  let end = at
  for (let rest = count; rest >= 1; rest = Math.floor(rest / 10)) end++
  for (let rest = count, i = end - 1; i >= at; rest = Math.floor(rest / 10), i--) bytes[i] = ZERO + rest % 10
  return end
}

function writeEnd(bytes: Buffer, at: number): number {
  bytes[at] = CR
  bytes[at + 1] = LF
  return at + 2
}
