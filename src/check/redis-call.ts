import { RECORD_FIELDS } from '../actions/message-record.ts'
import type { Span } from '../diagnostic/diagnostic.ts'
import { isPlaceholder } from '../language/hook-name.ts'
import type { Placeholder } from '../language/hooks.ts'
import { keyIndexes, resolvedCommand, type RedisCommand } from '../language/redis-commands.ts'
import type { CommandField } from '../syntax/ast.ts'
import { partOf } from '../syntax/parse.ts'
import { once } from './once.ts'
import type { CommandSymbol, RuleSymbol } from './symbols.ts'
import { fixedText, type Template } from './template.ts'

/** A command of a rule as Redis gets it, but for what is filled in. */
export interface RedisCall {
  readonly rule: RuleSymbol
  readonly command: CommandSymbol
  /** Its place in the rule. */
  readonly index: number
  /** Lower case. */
  readonly name: string
  /** As messages name it: in capitals, with the subcommand, or as it is written if there is none such. */
  readonly title: string
  readonly nameSpan: Span
  /** Nothing if Redis has no such command. */
  readonly known: RedisCommand | undefined
  readonly args: readonly Argument[]
  /** What is fixed of them. */
  readonly texts: readonly (string | undefined)[]
  /** The keys among the arguments. */
  readonly keys: readonly Argument[]
  /** `args` are as many as Redis gets: no placeholder is wrong that might be several. */
  readonly counted: boolean
}

/** One argument; the fourteen of `${message}` share their field. */
export interface Argument {
  readonly template: Template
  readonly field: CommandField
}

/** The commands of the rules whose names are fixed; of the others a check has said so. */
export function callsOf(rules: readonly RuleSymbol[]): readonly RedisCall[] {
  return rules.flatMap(callsOfRule)
}

/** Those of every line. */
export const allCalls = once(({ rules }) => callsOf(rules))

/** Those that run. */
export const currentCalls = once(symbols => allCalls(symbols).filter(({ rule }) => rule.repeatedBy === undefined))

const NONE: readonly RedisCall[] = []

/** Many checks ask. */
const known = new WeakMap<RuleSymbol, readonly RedisCall[]>()

function callsOfRule(rule: RuleSymbol): readonly RedisCall[] {
  if (rule.commands.length === 0) return NONE
  const found = known.get(rule)
  if (found !== undefined) return found
  const calls = callsAnew(rule)
  known.set(rule, calls)
  return calls
}

function callsAnew(rule: RuleSymbol): readonly RedisCall[] {
  return rule.commands.flatMap((command, index) => {
    const [first, ...fields] = command.fields
    const name = first === undefined ? '' : fixedText(first.parts) ?? ''
    if (first === undefined || name === '') return []
    const args = fields.flatMap(argumentsOf)
    const texts = args.map(({ template }) => fixedText(template))
    const resolved = resolvedCommand(name.toLowerCase(), texts)
    const title = resolved?.name ?? name
    return [{
      rule, command, index, name: name.toLowerCase(), title, nameSpan: title.includes(' ') && fields[0] !== undefined && resolved !== undefined ? between(first, fields[0]) : first.span, known: resolved, args, texts,
      keys: keyIndexes(name.toLowerCase(), texts).flatMap(at => args[at] ?? []),
      counted: fields.every(isCounted),
    }]
  })
}

/** The place of the whole command. */
export function callSpan({ command: { text } }: RedisCall): Span {
  return partOf(text, 0, text.value.length)
}

/** From one field of a command to another. */
export function between(first: CommandField, last: CommandField): Span {
  return { file: first.span.file, start: first.span.start, end: last.span.end }
}

/** What the fields of a stored message are filled in with, where it is not what they are called. */
const SOURCES: Readonly<Partial<Record<string, Placeholder>>> = { id: 'msgid', from: 'clientid' }

function argumentsOf(field: CommandField): readonly Argument[] {
  const [only] = field.parts
  if (only?.kind !== 'placeholder' || only.name !== 'message' || field.parts.length > 1) return [{ template: field.parts, field }]
  return RECORD_FIELDS.flatMap(name => [
    { template: [{ kind: 'text' as const, text: name }], field },
    { template: [{ kind: 'placeholder' as const, name: SOURCES[name] ?? name, span: only.span }], field },
  ])
}

function isCounted({ parts }: CommandField): boolean {
  if (parts.length > 1) return parts.every(part => part.kind === 'text' || part.name !== 'message')
  return parts.every(part => part.kind === 'text' || isPlaceholder(part.name))
}
