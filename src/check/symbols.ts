import type { Action } from '../actions/action.ts'
import { actionNamed } from '../actions/index.ts'
import type { Span } from '../diagnostic/diagnostic.ts'
import type { Inclusion, Source } from '../diagnostic/source.ts'
import { isForeign } from '../language/foreign-settings.ts'
import type { HookName } from '../language/hooks.ts'
import { poolNamed, settingNamed, type SettingTarget } from '../language/setting-table.ts'
import { variableNamed } from '../language/variable-name.ts'
import type { CommandField, Fault, Include, Json, JsonMember, JsonObject, JsonString, Key, Rule, RuleFile, Setting } from '../syntax/ast.ts'
import type { ParseCache } from '../syntax/parse-cache.ts'
import { parseCommand } from '../syntax/parse.ts'
import { isRuleKey, readRuleKey } from '../syntax/rule-key.ts'
import { fillIn } from './fill-in.ts'
import { ignoresIn, type IgnoreSymbol } from './ignore.ts'
import { misprintsIn, type Misprint } from './misprint.ts'
import { isOldRuleKey, modernRule } from './old-rule.ts'
import { once } from './once.ts'
import { overriddenBy } from './override.ts'

/** What the files define and use: names looked up, nothing judged. Checks and the plan read it. */
export interface Symbols {
  /** The files by their names, without the environment: what an edit can be about. */
  readonly files: ReadonlyMap<string, RuleFile>
  readonly faults: readonly Fault[]
  /** Every setting line, in the order of the files. */
  readonly settings: readonly SettingSymbol[]
  /** Settings that count, by their full key: the last line with a key, at the place of the first. */
  readonly current: ReadonlyMap<string, SettingSymbol>
  /** In the order in which they are first set. */
  readonly pools: ReadonlyMap<string, PoolSymbol>
  /** Every rule line, in the order of the files. */
  readonly rules: readonly RuleSymbol[]
  /** Objects whose key is no rule's, such as those of a misspelt section. */
  readonly strays: readonly Rule[]
  readonly includes: readonly IncludeSymbol[]
  readonly misprints: readonly Misprint[]
  readonly ignores: readonly IgnoreSymbol[]
  /** Keys of lines that could not be read: what is missing may be there. */
  readonly broken: readonly Key[]
  /** A file could not be read: what is missing may be in it. */
  readonly isPartial: boolean
}

export interface IncludeSymbol {
  readonly include: Include
  /** Absent: nobody has looked. */
  readonly inclusion: Inclusion | undefined
}

export interface SettingSymbol {
  /** Its value with its references filled in. */
  readonly setting: Setting
  readonly words: readonly string[]
  /** Absent: no setting of hookline. */
  readonly target: SettingTarget | undefined
  /** It is none of hookline, and known to be one of EMQ X's, or said to be one: a variable that begins with `EMQX_`. */
  readonly foreign: boolean
  /** A variable sets it, no line of a file. */
  readonly isVariable: boolean
  /** A later line with the same key, which is the one that counts. */
  readonly repeatedBy: Setting | undefined
}

export interface PoolSymbol {
  readonly name: string
  /** Options that count, by name. */
  readonly options: ReadonlyMap<string, Setting>
  /** Where it is first named. */
  readonly span: Span
}

export interface RuleSymbol {
  /** In the form of today. */
  readonly rule: Rule
  /** Written in the form before EMQ X 2.0. */
  readonly oldForm: boolean
  /** As written: `message.deliver`. */
  readonly hookText: string
  readonly hookSpan: Span
  readonly hook: HookName | undefined
  /** Absent: the key ends with the hook. */
  readonly number: string | undefined
  /** Of a name that comes twice, the last. */
  readonly members: ReadonlyMap<string, JsonMember>
  readonly topic: JsonString | undefined
  readonly pool: JsonString | undefined
  /** The object, if it is one. */
  readonly action: JsonObject | undefined
  readonly functionName: JsonString | undefined
  /** The function of that name, if there is one. */
  readonly known: Action | undefined
  readonly commands: readonly CommandSymbol[]
  /** Seconds, if it is a number. */
  readonly expiredTime: number | undefined
  /** A later line with the same hook and number, which is the one that counts. */
  readonly repeatedBy: Rule | undefined
}

export interface CommandSymbol {
  readonly text: JsonString
  readonly fields: readonly CommandField[]
}

/**
 * Looks up the names of the files, which are read as one. What the environment sets stands in the
 * place of the lines of the files with that key, and what it removes is not there.
 */
export function resolve(files: readonly RuleFile[], cache?: ParseCache): Symbols {
  const faults = files.flatMap(file => [...file.faults])
  const fromFiles = linesOf(files.filter(({ origin }) => origin.kind !== 'environment'), faults, cache)
  const fromVariables = linesOf(files.filter(({ origin }) => origin.kind === 'environment'), faults, cache)
  const removed = files.flatMap(file => file.removed)
  const settings = markRepeated(
    overriddenBy(fromVariables.settings, fromFiles.settings, { keyOf: settingKey, removed: removed.map(key => texts(key).join('\0')) }),
    settingKey, ({ setting }) => setting)
  const current = currentOf(settings)
  const misprints = misprintsIn(settings, poolsOf(current))
  return {
    files: new Map(files.flatMap(file => file.origin.kind === 'environment' ? [] : [[file.source.name, file]])),
    faults,
    settings,
    current,
    pools: poolsOf(current, misprints),
    rules: markRepeated(
      overriddenBy(fromVariables.rules, fromFiles.rules, { keyOf: ruleKey, removed: removed.filter(isRuleKey).map(key => ruleKey(readRuleKey(key))) }),
      ruleKey, ({ rule }) => rule),
    strays: [...fromFiles.strays, ...fromVariables.strays],
    includes: fromFiles.includes,
    misprints,
    ignores: files.flatMap(ignoresIn),
    broken: files.flatMap(file => file.broken),
    isPartial: files.some(({ origin }) => origin.foreign === 'UTF-16') || fromFiles.includes.some(({ inclusion }) => inclusion?.kind !== 'read'),
  }
}

/** The lines of files by what they are, those of one kind in their order. */
function linesOf(files: readonly RuleFile[], faults: Fault[], cache: ParseCache | undefined) {
  const settings: SettingSymbol[] = []
  const rules: RuleSymbol[] = []
  const strays: Rule[] = []
  const includes: IncludeSymbol[] = []
  for (const { origin, lines } of files) {
    for (const line of lines) {
      switch (line.kind) {
        case 'setting':
          settings.push(resolveSetting(fillIn(line, origin.references), origin))
          break
        case 'rule': {
          const modern = isOldRuleKey(line.key) ? modernRule(line) : undefined
          if (modern !== undefined) rules.push(resolveRule(modern, { oldForm: true, faults, cache }))
          else if (isRuleKey(line.key)) rules.push(resolveRule(line, { oldForm: false, faults, cache }))
          else strays.push(line)
          break
        }
        case 'include':
          includes.push({ include: line, inclusion: origin.includes?.find(({ path }) => path === line.path) })
          break
        case 'blank':
        case 'comment':
          break
        default:
          line satisfies never
      }
    }
  }
  return { settings, rules, strays, includes }
}

function resolveSetting(setting: Setting, { kind, text }: Source): SettingSymbol {
  const words = texts(setting.key)
  const target = settingNamed(words)
  const { start, end } = setting.key.span
  const isVariable = kind === 'environment'
  const isEmqx = isVariable && variableNamed(text.slice(start.offset, end.offset))?.prefix === 'EMQX_'
  return { setting, words, target, foreign: target === undefined && (isForeign(words) || isEmqx), isVariable, repeatedBy: undefined }
}

function settingKey({ words }: SettingSymbol): string {
  return words.join('\0')
}

/** Aliases of a hook are one hook. */
function ruleKey({ hook, hookText, number }: Pick<RuleSymbol, 'hook' | 'hookText' | 'number'>): string {
  return `${hook ?? hookText}.${number ?? ''}`
}

interface Resolving {
  readonly oldForm: boolean
  readonly faults: Fault[]
  readonly cache: ParseCache | undefined
}

/** What lines mean that may stay as they are, until they are forgotten, with the faults of their commands. */
const resolved = new WeakMap<Rule, { readonly symbol: RuleSymbol, readonly faults: readonly Fault[] }>()

function resolveRule(rule: Rule, { oldForm, faults, cache }: Resolving): RuleSymbol {
  if (cache === undefined || oldForm) return resolveAnew(rule, { oldForm, faults, cache })
  const known = resolved.get(rule)
  if (known !== undefined) {
    faults.push(...known.faults)
    return known.symbol
  }
  const own: Fault[] = []
  const symbol = resolveAnew(rule, { oldForm, faults: own, cache })
  resolved.set(rule, { symbol, faults: own })
  faults.push(...own)
  return symbol
}

function resolveAnew(rule: Rule, { oldForm, faults, cache }: Resolving): RuleSymbol {
  const { hookText, hookSpan, hook, number } = readRuleKey(rule.key)
  const members = new Map<string, JsonMember>()
  for (const member of rule.value.members) members.set(member.name.value, member)
  const actionValue = members.get('action')?.value
  const action = actionValue?.kind === 'object' ? actionValue : undefined
  const functionValue = action?.members.findLast(({ name }) => name.value === 'function')?.value
  const functionName = functionValue?.kind === 'string' ? functionValue : undefined
  const seconds = members.get('expired_time')?.value
  // Each by its name, and not all of the key at once: there are many, and V8 makes this one object in one go.
  return {
    rule,
    oldForm,
    hookText,
    hookSpan,
    hook,
    number,
    members,
    topic: stringIn(members, 'topic'),
    pool: stringIn(members, 'pool'),
    action,
    functionName,
    known: functionName === undefined ? undefined : actionNamed(functionName.value),
    commands: commandsIn(action?.members.findLast(({ name }) => name.value === 'commands')?.value, faults, cache),
    expiredTime: seconds?.kind === 'number' ? Number(seconds.text) : undefined,
    repeatedBy: undefined,
  }
}

function commandsIn(value: Json | undefined, faults: Fault[], cache: ParseCache | undefined): readonly CommandSymbol[] {
  if (value?.kind !== 'array') return []
  const commands: CommandSymbol[] = []
  for (const text of value.items) {
    if (text.kind !== 'string') continue
    const fields = parseCommand(text, cache)
    if ('check' in fields) faults.push(fields)
    else commands.push({ text, fields })
  }
  return commands
}

/** Each symbol learns of the line that takes its place, if one does. */
function markRepeated<S extends { readonly repeatedBy: unknown }, L extends S['repeatedBy'] & object>(
  symbols: readonly S[], keyOf: (symbol: S) => string, lineOf: (symbol: S) => L,
): readonly S[] {
  const keys = symbols.map(keyOf)
  // By their places in the list: a file that is included twice may give one symbol twice.
  const last = new Map(keys.map((key, i) => [key, i]))
  if (last.size === symbols.length) return symbols
  return symbols.map((symbol, i) => {
    const at = last.get(keys[i] ?? '') ?? i
    const counts = symbols[at]
    return counts === undefined || at === i ? symbol : { ...symbol, repeatedBy: lineOf(counts) }
  })
}

/** A Map that is set again keeps the place of the first time. */
function currentOf(settings: readonly SettingSymbol[]): ReadonlyMap<string, SettingSymbol> {
  return new Map(settings.filter(({ target }) => target !== undefined).map(symbol => [symbol.words.join('.'), symbol]))
}

function poolsOf(current: ReadonlyMap<string, SettingSymbol>, misprints: readonly Misprint[] = []): ReadonlyMap<string, PoolSymbol> {
  const pools = new Map<string, { name: string, options: Map<string, Setting>, span: Span }>()
  for (const { setting, target } of current.values()) {
    if (target?.kind !== 'pool') continue
    const pool = pools.get(target.pool) ?? { name: target.pool, options: new Map(), span: setting.key.span }
    pool.options.set(target.option, setting)
    pools.set(target.pool, pool)
  }
  for (const { setting, pools: meant } of misprints) for (const name of meant) pools.get(name)?.options.set('sentinel', setting)
  return pools
}

/** The rules that run. */
export const currentRules = once(({ rules }: Symbols): readonly RuleSymbol[] => rules.filter(({ repeatedBy }) => repeatedBy === undefined))

/** The pool has lines, be it such that could not be read, or may have them: a rule may name it. */
export function poolIsKnown(symbols: Symbols, name: string): boolean {
  return symbols.isPartial || symbols.pools.has(name) || mentionedPools(symbols).has(name)
}

const mentionedPools = once(({ settings, broken }): ReadonlySet<string | undefined> =>
  new Set([...settings.map(({ words }) => poolNamed(words)), ...broken.map(key => poolNamed(texts(key)))]))

function stringIn(members: ReadonlyMap<string, JsonMember>, name: string): JsonString | undefined {
  const value = members.get(name)?.value
  return value?.kind === 'string' ? value : undefined
}

function texts({ words }: Key): readonly string[] {
  return words.map(({ text }) => text)
}
