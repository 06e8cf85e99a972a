import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Log } from '../engine/log-port.ts'

/** What can be asked of a running broker: one method of one path, with JSON both ways. */
export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** `body` is what was sent, undefined if nothing was: to be looked at before it is believed. */
  answer(body: unknown): Answer | Promise<Answer>
}

export interface Answer {
  /** HTTP's; with 200 comes what was asked for, else `{error: sentence}`. */
  readonly status: number
  readonly body: object
}

/** Bytes of a body: more than a command line can hold. */
const MAX_BODY = 4 * 1024 * 1024

export function refusal(status: number, error: string): Answer {
  return { status, body: { error } }
}

/** Serves a table of routes over HTTP. Whoever goes away while an answer is made misses it. */
export function serveRoutes(routes: readonly Route[], log: Log): RequestListener {
  return (request, response) => {
    answer(routes, request)
      .catch((error: unknown) => {
        // it went away while it spoke
        if (!request.complete) return undefined
        const stack = error instanceof Error ? error.stack : undefined
        log.error({ err: error, stack, path: request.url }, 'hookline has a bug: a request failed; please report this')
        return refusal(500, 'hookline has a bug; its log says more')
      })
      .then((answered) => {
        if (answered === undefined) response.destroy()
        else write(response, answered)
      }, () => { response.destroy() })
  }
}

async function answer(routes: readonly Route[], request: IncomingMessage): Promise<Answer> {
  const [pathname = ''] = (request.url ?? '').split('?', 1)
  const there = routes.filter(({ path }) => path === pathname)
  const route = there.find(({ method }) => method === request.method)
  if (route === undefined) {
    return there.length === 0 ? refusal(404, `hookline knows no ${pathname}`)
      : refusal(405, `${pathname} takes ${there.map(({ method }) => method).join(' and ')}`)
  }
  const text = await bodyOf(request)
  if (text === undefined) return refusal(413, `more than ${MAX_BODY / 1024 / 1024} MB were sent`)
  const parsed = parse(text)
  return parsed.ok ? await route.answer(parsed.body) : refusal(400, 'what was sent is no JSON')
}

/** Undefined if it is too long; whoever does not say so before is cut off. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY) return undefined
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    // no encoding is set, so they are buffers
    const bytes = chunk as Buffer
    length += bytes.length
    if (length > MAX_BODY) return undefined
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString()
}

function parse(text: string): { readonly ok: true, readonly body: unknown } | { readonly ok: false } {
  if (text === '') return { ok: true, body: undefined }
  try {
    return { ok: true, body: JSON.parse(text) }
  } catch {
    return { ok: false }
  }
}

function write(response: ServerResponse, { status, body }: Answer): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}
