import type { PoolSpec } from '../../plan/program.ts'
import { plainWords } from '../failure.ts'
import { CommandFailure, createLoneCommands } from '../lone-commands.ts'
import type { Reply } from '../reply.ts'
import { readTls } from '../tls-files.ts'
import { openWay } from '../way.ts'

/** One server, to be asked; who opens it ends it. */
export interface Asked {
  /** Rejects with an Error whose message is a plain clause when there is no answer. */
  ask(...args: readonly string[]): Promise<Said>
  end(): Promise<void>
}

/** What it answered: texts, or why not. */
export type Said =
  | { readonly ok: true, readonly texts: readonly string[] }
  | { readonly ok: false, readonly error: string }

/** Milliseconds. */
const ANSWER_MS = 3_000

/** Begins to ask the one server that `spec` names, or that at `socketPath`. Rejects if a file of its TLS is of no use. */
export async function askServer(spec: PoolSpec, folder: string, socketPath?: string): Promise<Asked> {
  if (spec.tls !== undefined && socketPath === undefined) await readTls(spec.tls, folder)
  const way = openWay({ spec, folder, socketPath })
  const commands = createLoneCommands({ spec, line: way.line(), timeoutMs: ANSWER_MS })
  return {
    async ask(...args) {
      const askedAt = Date.now()
      try {
        return saidIn(await commands.run(args.map((arg) => Buffer.from(arg))))
      } catch (error) {
        // a command that was not sent is no silence
        if (error instanceof CommandFailure && error.reason === 'unfit') return { ok: false, error: error.message }
        // one that stands still is given up in its greeting, and then its silent connection
        throw Date.now() - askedAt >= ANSWER_MS ? new Error('no answer') : error
      }
    },
    async end() {
      await commands.close()
      way.end()
    },
  }
}

function saidIn(reply: Reply): Said {
  if (reply.kind === 'error') return { ok: false, error: plainWords(reply.text, '') }
  return { ok: true, texts: textsOf(reply) }
}

function textsOf(reply: Reply): readonly string[] {
  switch (reply.kind) {
    case 'nil': return []
    case 'bytes': return [reply.bytes.toString()]
    case 'list': return reply.items.flatMap(textsOf)
    case 'status':
    case 'integer':
    case 'error': return [reply.text]
    default: return reply satisfies never
  }
}

/** A list of names and values, as CONFIG GET and SENTINEL MASTER give it. */
export function pairsOf(said: Said): ReadonlyMap<string, string> {
  const texts = said.ok ? said.texts : []
  return new Map(texts.flatMap((text, i) => i % 2 === 0 ? [[text, texts[i + 1] ?? '']] : []))
}
