import { Command, Option } from 'commander'
import type { OwnKey } from '../actions/own-keys.ts'
import type { LastWriteAnswer } from '../server/routes.ts'
import { patternText, type KeyPattern } from '../simulate/key-pattern.ts'
import { ruleName } from '../simulate/rule-test/run-case.ts'
import { whyKey, type Values, type Why } from '../simulate/why.ts'
import { brokerOption, findBroker } from './find-broker.ts'
import { askLastWrite, lastWriteText } from './last-write.ts'
import { readProgram } from './read-program.ts'
import { fileOption, rulesFiles } from './rules-files.ts'

export function whyCommand(): Command {
  return new Command('why')
    .argument('<key>', 'such as mqtt:msg:queue/a')
    .addOption(fileOption())
    .addOption(brokerOption())
    .addOption(new Option('--live', 'add when and by which event the running broker wrote it last').conflicts('file'))
    .addOption(new Option('--json', 'all of it as JSON'))
    .addHelpText('after', `
It judges by the rules, and asks no Redis. The broker remembers its last events (events.keep).

Exit codes: 0 there are some, or the key is one of hookline's own, 1 no rule touches it or the rules have
errors, 2 the rules could not be read.`)
    .action(run)
}

interface Options {
  readonly file?: readonly string[]
  readonly broker?: string
  readonly live?: boolean
  readonly json?: boolean
}

async function run(key: string, { file, broker, live = false, json = false }: Options): Promise<void> {
  const files = await rulesFiles({ file, broker })
  const read = files === undefined ? undefined : await readProgram(files)
  if (read === undefined) return
  const why = whyKey(read.program, key)
  const last = live ? await lastWrite(key, broker) : undefined
  if (live && last === undefined) return
  process.stdout.write(json ? `${JSON.stringify({ ...whyJson(why), last }, null, 2)}\n` : `${whyText(why)}${last === undefined ? '' : `\n${lastWriteText(last, Date.now())}`}`)
  process.exitCode = why.rules.length > 0 || why.own !== undefined ? 0 : 1
}

/** Else it has said why not. */
async function lastWrite(key: string, broker: string | undefined): Promise<LastWriteAnswer | undefined> {
  const found = await findBroker(broker)
  const answer = found === undefined ? undefined : await askLastWrite(found, key)
  if (typeof answer !== 'string') return answer
  process.stderr.write(`hookline: ${answer}\n`)
  process.exitCode = 2
  return undefined
}

function whyJson({ key, own, rules, misses }: Why): object {
  const about = ({ step, parts, does, type, expirySeconds }: KeyPattern): object => ({ rule: ruleName(step), at: step.at, pool: step.pool, pattern: patternText(parts), does, type, expirySeconds })
  return {
    key,
    own: own === undefined ? undefined : { pattern: own.pattern, type: own.type, expirySeconds: own.expirySeconds, summary: own.summary, functions: own.functions },
    rules: rules.map(({ pattern, values }) => ({ ...about(pattern), values })),
    misses: misses.map(({ pattern, why }) => ({ ...about(pattern), why })),
  }
}

function whyText({ key, own, rules, misses }: Why): string {
  if (own !== undefined && rules.length === 0) return ownText(key, own)
  if (rules.length > 0) return rules.map(({ pattern, values }) => `${headOf(pattern)}\n${aboutOf(pattern)}${values.map(valuesText).join('')}`).join('\n')
  const nearest = misses.map(({ pattern, why }) => `\n${headOf(pattern)}\n  ${patternText(pattern.parts)}: ${why}\n`)
  return `no rule touches ${key}${nearest.length > 0 ? '; the nearest:\n' : '\n'}${nearest.join('')}`
}

function ownText(key: string, { summary, type, expirySeconds, functions, command }: OwnKey): string {
  const kept = expirySeconds === undefined ? 'as long as it holds something' : `for ${expirySeconds} s after it was written`
  const who = command === undefined ? `kept by ${functions.join(', ')}` : `kept by \`${command}\``
  return `${key} is hookline's own: ${summary}\n  ${type}, kept ${kept}; ${who}\n`
}

function headOf({ step }: KeyPattern): string {
  const what = step.action.kind === 'function' ? step.action.name : 'commands'
  return `${ruleName(step)}  ${step.at.file}:${step.at.line}  ${what}, pool ${step.pool}`
}

function aboutOf({ parts, does, type, expirySeconds }: KeyPattern): string {
  const kept = expirySeconds !== undefined ? `, kept for ${expirySeconds} s` : does === 'writes' ? ', sets no time to live' : ''
  return `  ${does} ${patternText(parts)}${type === undefined ? '' : `: ${type}`}${kept}\n`
}

function valuesText(values: Values): string {
  const texts = Object.entries(values).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
  return texts.length === 0 ? '' : `    ${texts.join(', ')}\n`
}
