import type { Action } from '../actions/action.ts'
import { actionNamed } from '../actions/index.ts'
import type { Span } from '../diagnostic/diagnostic.ts'
import { hookNamed } from '../language/hook-name.ts'
import type { HookName } from '../language/hooks.ts'
import { poolNamed, settingNamed, type SettingTarget } from '../language/setting-table.ts'
import type { CommandField, Fault, Include, Json, JsonMember, JsonObject, JsonString, Key, Rule, RuleFile, Setting } from '../syntax/ast.ts'
import { parseCommand } from '../syntax/parse.ts'

/** What the files define and use: names looked up, nothing judged. Checks and the plan read it. */
export interface Symbols {
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
  readonly includes: readonly Include[]
  /** Keys of lines that could not be read: what is missing may be there. */
  readonly broken: readonly Key[]
}

export interface SettingSymbol {
  readonly setting: Setting
  readonly words: readonly string[]
  /** Absent: no setting of hookline. */
  readonly target: SettingTarget | undefined
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
  readonly rule: Rule
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

/** Looks up the names of the files, which are read as one. */
export function resolve(files: readonly RuleFile[]): Symbols {
  const faults = files.flatMap(file => [...file.faults])
  const settings: SettingSymbol[] = []
  const rules: RuleSymbol[] = []
  const strays: Rule[] = []
  const includes: Include[] = []
  for (const line of files.flatMap(file => file.lines)) {
    switch (line.kind) {
      case 'setting':
        settings.push(resolveSetting(line))
        break
      case 'rule':
        if (isRuleKey(line.key)) rules.push(resolveRule(line, faults))
        else strays.push(line)
        break
      case 'include':
        includes.push(line)
        break
      case 'blank':
      case 'comment':
        break
      default:
        line satisfies never
    }
  }
  const allSettings = markRepeated(settings, ({ words }) => words.join('\0'), ({ setting }) => setting)
  const current = currentOf(allSettings)
  return {
    faults,
    settings: allSettings,
    current,
    pools: poolsOf(current),
    rules: markRepeated(rules, ({ hook, hookText, number }) => `${hook ?? hookText}.${number ?? ''}`, ({ rule }) => rule),
    strays,
    includes,
    broken: files.flatMap(file => file.broken),
  }
}

/** `backend.redis.hook.<hook>.<number>`: the last word is the number, those before it the hook. */
function isRuleKey({ words }: Key): boolean {
  return words[1]?.text === 'redis' && words[2]?.text === 'hook' && words.length > 3
}

function resolveSetting(setting: Setting): SettingSymbol {
  const words = setting.key.words.map(({ text }) => text)
  return { setting, words, target: settingNamed(words), repeatedBy: undefined }
}

function resolveRule(rule: Rule, faults: Fault[]): RuleSymbol {
  const words = rule.key.words.slice(3)
  const numbered = words.length > 1 && hookNamed(textOf(words)) === undefined
  const hookWords = numbered ? words.slice(0, -1) : words
  const hookText = textOf(hookWords)
  const members = new Map(rule.value.members.map(member => [member.name.value, member]))
  const action = objectIn(members, 'action')
  const actionMembers = new Map(action?.members.map(member => [member.name.value, member]))
  const functionName = stringIn(actionMembers, 'function')
  const seconds = members.get('expired_time')?.value
  return {
    rule,
    hookText,
    hookSpan: joined(hookWords, rule.key.span),
    hook: hookNamed(hookText),
    number: numbered ? words.at(-1)?.text : undefined,
    members,
    topic: stringIn(members, 'topic'),
    pool: stringIn(members, 'pool'),
    action,
    functionName,
    known: functionName === undefined ? undefined : actionNamed(functionName.value),
    commands: commandsIn(actionMembers.get('commands')?.value, faults),
    expiredTime: seconds?.kind === 'number' ? Number(seconds.text) : undefined,
    repeatedBy: undefined,
  }
}

function commandsIn(value: Json | undefined, faults: Fault[]): readonly CommandSymbol[] {
  if (value?.kind !== 'array') return []
  const commands: CommandSymbol[] = []
  for (const text of value.items) {
    if (text.kind !== 'string') continue
    const fields = parseCommand(text)
    if ('check' in fields) faults.push(fields)
    else commands.push({ text, fields })
  }
  return commands
}

/** Each symbol learns of the line that takes its place, if one does. */
function markRepeated<S extends { readonly repeatedBy: unknown }, L extends S['repeatedBy'] & object>(
  symbols: readonly S[], keyOf: (symbol: S) => string, lineOf: (symbol: S) => L,
): readonly S[] {
  const last = new Map(symbols.map(symbol => [keyOf(symbol), symbol]))
  return symbols.map((symbol) => {
    const counts = last.get(keyOf(symbol))
    return counts === undefined || counts === symbol ? symbol : { ...symbol, repeatedBy: lineOf(counts) }
  })
}

/** A Map that is set again keeps the place of the first time. */
function currentOf(settings: readonly SettingSymbol[]): ReadonlyMap<string, SettingSymbol> {
  return new Map(settings.filter(({ target }) => target !== undefined).map(symbol => [symbol.words.join('.'), symbol]))
}

function poolsOf(current: ReadonlyMap<string, SettingSymbol>): ReadonlyMap<string, PoolSymbol> {
  const pools = new Map<string, { name: string, options: Map<string, Setting>, span: Span }>()
  for (const { setting, target } of current.values()) {
    if (target?.kind !== 'pool') continue
    const pool = pools.get(target.pool) ?? { name: target.pool, options: new Map(), span: setting.key.span }
    pool.options.set(target.option, setting)
    pools.set(target.pool, pool)
  }
  return pools
}

/** The rules that run. */
export function currentRules({ rules }: Symbols): readonly RuleSymbol[] {
  return rules.filter(({ repeatedBy }) => repeatedBy === undefined)
}

/** The pool has lines, be it such that could not be read: a rule may name it. */
export function poolIsKnown({ pools, settings, broken }: Symbols, name: string): boolean {
  return pools.has(name)
    || settings.some(({ words }) => poolNamed(words) === name)
    || broken.some(({ words }) => poolNamed(words.map(({ text }) => text)) === name)
}

function stringIn(members: ReadonlyMap<string, JsonMember>, name: string): JsonString | undefined {
  const value = members.get(name)?.value
  return value?.kind === 'string' ? value : undefined
}

function objectIn(members: ReadonlyMap<string, JsonMember>, name: string): JsonObject | undefined {
  const value = members.get(name)?.value
  return value?.kind === 'object' ? value : undefined
}

function textOf(words: Key['words']): string {
  return words.map(({ text }) => text).join('.')
}

function joined(words: Key['words'], whole: Span): Span {
  const [first, last] = [words[0], words.at(-1)]
  return first === undefined || last === undefined ? whole : { file: whole.file, start: first.span.start, end: last.span.end }
}
