import { Command, Option } from 'commander'
import { replyFromJson } from '../server/reply-json.ts'
import type { RedisAnswer, RedisQuestion } from '../server/routes.ts'
import type { Reply } from '../store/reply.ts'
import { argumentBytes } from './argument-bytes.ts'
import { askBroker } from './ask-broker.ts'
import { brokerOption, findBroker } from './find-broker.ts'
import { isReport, replyAsReport, replyForPeople, replyRaw } from './reply-text.ts'

/** Redis has 10 s, and others may have asked before. Milliseconds. */
const COMMAND_MS = 30_000

interface Options {
  readonly broker?: string
  readonly pool?: string
  /** Absent: as it fits what the output is. */
  readonly raw?: boolean
}

export function redisCommand(): Command {
  return new Command('redis')
    .argument('<command...>', 'its name and its arguments')
    .addOption(new Option('--pool <name>', 'which one, where rules use several pools'))
    .addOption(new Option('--raw', 'the bytes of the reply: so it is where the output is no terminal'))
    .addOption(new Option('--no-raw', 'with types, numbers and escapes: so it is on a terminal'))
    .addOption(brokerOption())
    // what begins with a dash behind the command's name belongs to the command
    .passThroughOptions()
    .addHelpText('after', `
For example: hookline redis keys '*'
It has a connection of its own; commands that wait, or that change their connection, are not sent.

Exit codes: 0 done, 1 Redis answered with an error, 2 it could not be sent.`)
    .action(run)
}

async function run(args: string[], { broker, pool, raw }: Options): Promise<void> {
  const found = await findBroker(broker)
  if (found === undefined) return
  const question: RedisQuestion = {
    args: argumentBytes(args).map(bytes => bytes.toString('base64')),
    ...(pool === undefined ? {} : { pool }),
  }
  const answer = await askBroker(found.socket, { method: 'POST', path: '/redis', body: question, timeoutMs: COMMAND_MS })
  if (!answer.ok) {
    process.stderr.write(`hookline: ${answer.why === 'refused' ? '' : `the broker with pid ${found.status.pid} was asked in vain: `}${answer.sentence}\n`)
    process.exitCode = 2
    return
  }
  const reply = replyFromJson((answer.body as RedisAnswer).reply) // our own broker said so
  // whoever reads it may have seen enough (`hookline redis keys '*' | head`)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error })
  process.stdout.write(textOf(reply, { raw: raw ?? !process.stdout.isTTY, args }))
  process.exitCode = reply.kind === 'error' ? 1 : 0
}

function textOf(reply: Reply, { raw, args }: { readonly raw: boolean, readonly args: readonly string[] }): string | Buffer {
  if (isReport(args)) return replyAsReport(reply)
  return raw ? replyRaw(reply) : replyForPeople(reply)
}
