import { request } from 'node:http'

/** `gone`: nobody is there any more. `silent`: no answer in time. `refused`: an answer that says why not. */
export type BrokerAnswer =
  | { readonly ok: true, readonly body: unknown }
  | { readonly ok: false, readonly why: 'gone' | 'silent' | 'refused', readonly sentence: string }

/** Asks a running broker one thing over its control socket. */
export function askBroker(socket: string, options: {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: object
  /** A broker may be stopped, or have too much to do. */
  readonly timeoutMs: number
}): Promise<BrokerAnswer> {
  const { method, path, timeoutMs } = options
  const body = options.body === undefined ? undefined : JSON.stringify(options.body)
  const signal = AbortSignal.timeout(timeoutMs)
  return new Promise((resolve) => {
    const asked = request({
      socketPath: socket, method, path, signal, agent: false,
      headers: body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => { chunks.push(chunk) })
      response.on('end', () => { resolve(answerIn(response.statusCode, Buffer.concat(chunks).toString())) })
      response.on('error', failed)
    })
    asked.on('error', failed)
    asked.end(body)

    function failed(): void {
      resolve(signal.aborted
        ? { ok: false, why: 'silent', sentence: `it does not answer within ${timeoutMs / 1_000} s; it is stopped, or has too much to do` }
        : { ok: false, why: 'gone', sentence: 'it ended before it answered' })
    }
  })
}

function answerIn(status: number | undefined, text: string): BrokerAnswer {
  const body = parsed(text)
  if (status === 200 && body !== undefined) return { ok: true, body }
  const sentence = typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : `its answer makes no sense (HTTP ${status ?? 'without status'})`
  return { ok: false, why: 'refused', sentence }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
