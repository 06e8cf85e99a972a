import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { PoolSpec } from '../plan/program.ts'
import { fileReason } from '../server/file-reason.ts'
import { aclLine, type AclUser } from '../store/permissions/acl-line.ts'
import { doubtsOf } from '../store/permissions/doubts.ts'
import { grantsOf } from '../store/permissions/grants.ts'
import { needsOf } from '../store/permissions/needs.ts'
import { TOOLS, type Tool } from '../store/permissions/tool-commands.ts'
import { brokerOption } from './find-broker.ts'
import { poolNamed } from './pool-named.ts'
import { readProgram } from './read-program.ts'
import { fileOption, rulesFiles } from './rules-files.ts'

interface Options {
  readonly file: readonly string[] | undefined
  readonly broker: string | undefined
  readonly user: string | undefined
  readonly redis: AclUser['redis']
  readonly also: readonly Tool[] | undefined
  readonly passwordHash: boolean | undefined
  readonly passwordFile: string | undefined
  readonly nopass: boolean | undefined
}

export function aclCommand(): Command {
  return new Command('acl')
    .argument('<pool>', 'its name in the rules')
    .addOption(fileOption())
    .addOption(brokerOption())
    .addOption(new Option('--user <name>', 'of the user; without it the username of the pool, or hookline').argParser(userName))
    .addOption(new Option('--password-hash', 'the SHA-256 of the password that the rules have, in place of PASSWORD'))
    .addOption(new Option('--password-file <file>', 'the same of the first line of a file').conflicts('passwordHash'))
    .addOption(new Option('--nopass', 'whoever can connect is let in').conflicts(['passwordHash', 'passwordFile']))
    .addOption(new Option('--redis <version>', 'its version at least; before 7.0 no key is for reading or writing only').choices(['6.2', '7.0']).default('7.0'))
    .addOption(new Option('--also <list>', 'what else shall work as this user: adopt, doctor, online (for lint --online), with commas').argParser(toolList))
    .addHelpText('after', `
Asks no Redis. A user who exists is replaced by it. To make it at once, and to keep it:
  hookline acl pool1 --password-hash | redis-cli
  redis-cli CONFIG REWRITE     (or ACL SAVE, where Redis has a file for its users)
Keys of functions are given for all topics, so that a rule for another topic needs no new user.

Exit codes: 0 done, 1 the rules have errors, 2 it could not be done.`)
    .action(run)
}

function toolList(text: string): readonly Tool[] {
  return text.split(',').map((word) => {
    if (!isTool(word)) throw new InvalidArgumentError(`it takes ${Object.keys(TOOLS).join(', ')}.`)
    return word
  })
}

function isTool(word: string): word is Tool {
  return Object.hasOwn(TOOLS, word)
}

function userName(text: string): string {
  if (!/^\S+$/.test(text)) throw new InvalidArgumentError('a name without blanks is needed.')
  return text
}

async function run(name: string, options: Options): Promise<void> {
  const files = await rulesFiles(options)
  const read = files === undefined ? undefined : await readProgram(files)
  const spec = read === undefined ? undefined : poolNamed(read.program, name)
  if (read === undefined || spec === undefined) return
  if (spec.server === 'embedded') return fail(`${name} is the embedded store, which nobody else can reach`)
  const credential = await credentialOf(spec, options)
  if (credential === undefined) return
  const needs = needsOf({ program: read.program, spec, topics: 'any' })
  const tools = (options.also ?? []).flatMap((tool) => TOOLS[tool])
  const grants = grantsOf([...needs.commands.map(({ sample }) => sample), ...needs.cautions, ...needs.channels.map(({ sample }) => sample), ...tools])
  const user = options.user ?? spec.username ?? 'hookline'
  process.stdout.write(`${aclLine(grants, { name: user, credential, redis: options.redis })}\n`)
  for (const note of [...notesOn(spec, user, options), ...doubtsOf(needs)]) process.stderr.write(`hookline: ${note}\n`)
}

/** As ACL SETUSER takes it. Where there is none says why, sets exit code 2, and answers undefined. */
async function credentialOf({ name, password }: PoolSpec, { passwordHash, passwordFile, nopass }: Options): Promise<string | undefined> {
  if (nopass === true) return 'nopass'
  if (passwordFile !== undefined) {
    try {
      const [line = ''] = (await readFile(passwordFile, 'utf8')).split(/\r?\n/, 1)
      return line === '' ? fail(`the first line of ${passwordFile} is empty`) : hashed(line)
    } catch (error) {
      return fail(`cannot read ${passwordFile}: ${fileReason(error)}`)
    }
  }
  if (passwordHash !== true) return '>PASSWORD'
  return password === undefined ? fail(`the rules have no password of ${name}; write it into a file and name that with --password-file`) : hashed(password)
}

function hashed(password: string): string {
  return `#${createHash('sha256').update(password).digest('hex')}`
}

/** Users are not replicated. */
const WHERE: Readonly<Record<PoolSpec['type'], readonly string[]>> = {
  single: [],
  sentinel: ['type it at the master and at every replica: each has users of its own'],
  cluster: ['type it at every node of the cluster: each has users of its own'],
}

function notesOn({ name, type, username }: PoolSpec, user: string, { passwordHash, passwordFile, nopass }: Options): readonly string[] {
  return [
    ...passwordHash === true || passwordFile !== undefined || nopass === true ? [] : [`put the password in the place of PASSWORD; the rules have it in backend.redis.${name}.password`],
    ...(username ?? 'default') === user ? [] : [`the rules log in as ${username ?? 'default'}; write backend.redis.${name}.username = ${user}`],
    ...WHERE[type],
    ...user === 'default' ? ['default is the user of everyone who names none: they too may do no more then'] : [],
  ]
}

function fail(sentence: string): undefined {
  process.stderr.write(`hookline: ${sentence}\n`)
  process.exitCode = 2
}
