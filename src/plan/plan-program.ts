import { createHash } from 'node:crypto'
import { expiredAfter } from '../check/no-expiry.ts'
import { currentRules, type CommandSymbol, type PoolSymbol, type RuleSymbol, type Symbols } from '../check/symbols.ts'
import type { Span } from '../diagnostic/diagnostic.ts'
import { isPlaceholder } from '../language/hook-name.ts'
import { HOOKS, HOOK_NAMES, type HookName } from '../language/hooks.ts'
import { DEFAULT_PORTS, POOL_OPTIONS, type PoolOptionName } from '../language/pool-options.ts'
import { compareRuleNumbers } from '../language/rule-number.ts'
import { SETTINGS, type SettingKey } from '../language/setting-table.ts'
import { DEFAULT_LISTENERS, LISTENER_KINDS, type Listener, type ListenerTls, type Settings } from '../language/settings.ts'
import { listenAddress, type ValueKind } from '../language/values.ts'
import type { CommandPart, Setting } from '../syntax/ast.ts'
import type { CommandTemplate, NamedFile, Place, PoolSpec, PoolTls, Program, Step, StepAction } from './program.ts'

/**
 * What files mean in which the checks have found no error; what they leave open gets its default.
 * Throws where a check should have said something.
 */
export function planProgram(symbols: Symbols): Program {
  const settings = planSettings(symbols)
  const pools = new Map(Array.from(symbols.pools.values(), pool => [pool.name, planPool(pool)]))
  const steps = planSteps(symbols)
  return deepFreeze({ hash: hashOf({ settings, pools: [...pools].sort(byName), steps }), settings, pools, steps })
}

function planSettings(symbols: Symbols): Settings {
  return {
    nodeName: needed(settingOf(symbols, 'node.name', SETTINGS['node.name'])),
    dataDir: settingOf(symbols, 'node.data_dir', SETTINGS['node.data_dir']),
    listeners: planListeners(symbols),
    maxInflight: needed(settingOf(symbols, 'mqtt.max_inflight', SETTINGS['mqtt.max_inflight'])),
    maxMqueueLen: needed(settingOf(symbols, 'mqtt.max_mqueue_len', SETTINGS['mqtt.max_mqueue_len'])),
    maxPacketSize: needed(settingOf(symbols, 'mqtt.max_packet_size', SETTINGS['mqtt.max_packet_size'])),
    maxClientidLen: needed(settingOf(symbols, 'mqtt.max_clientid_len', SETTINGS['mqtt.max_clientid_len'])),
    maxTopicLevels: needed(settingOf(symbols, 'mqtt.max_topic_levels', SETTINGS['mqtt.max_topic_levels'])),
    maxSubscriptions: needed(settingOf(symbols, 'mqtt.max_subscriptions', SETTINGS['mqtt.max_subscriptions'])),
    sessionExpiryMs: needed(settingOf(symbols, 'mqtt.session_expiry_interval', SETTINGS['mqtt.session_expiry_interval'])),
    maxSessions: needed(settingOf(symbols, 'mqtt.max_sessions', SETTINGS['mqtt.max_sessions'])),
    idleTimeoutMs: needed(settingOf(symbols, 'mqtt.idle_timeout', SETTINGS['mqtt.idle_timeout'])),
    eventsKeep: needed(settingOf(symbols, 'events.keep', SETTINGS['events.keep'])),
    eventsKeepPayload: needed(settingOf(symbols, 'events.keep_payload', SETTINGS['events.keep_payload'])),
  }
}

function planListeners(symbols: Symbols): readonly Listener[] {
  const listeners = LISTENER_KINDS.flatMap(kind => Array.from(symbols.current.values(), ({ setting, target }) => {
    if (target?.kind !== 'general' || target.key !== `listener.${kind}.<name>`) return []
    const address = needed(listenAddress.read(setting.value.text))
    return [planListener(symbols, { kind, name: needed(target.name) }, address === 'off' ? undefined : address, placeOf(setting.key.span))]
  }).flat())
  const unset = DEFAULT_LISTENERS.filter(({ kind, name }) => !listeners.some(it => it.kind === kind && it.name === name))
  return [...unset.map(it => planListener(symbols, it, it.address, undefined)), ...listeners]
    .sort((a, b) => LISTENER_KINDS.indexOf(a.kind) - LISTENER_KINDS.indexOf(b.kind))
}

function planListener(
  symbols: Symbols, { kind, name }: Pick<Listener, 'kind' | 'name'>, address: Listener['address'], at: Listener['at'],
): Listener {
  const option = <T>(of: string, row: Row<T>): T => needed(valueOf(symbols.current.get(`listener.${kind}.${name}.${of}`)?.setting, row))
  const isWebSocket = kind === 'ws' || kind === 'wss'
  return {
    kind, name, address, at,
    maxConnections: option('max_connections', SETTINGS['listener.tcp.<name>.max_connections']),
    maxConnRate: option('max_conn_rate', SETTINGS['listener.tcp.<name>.max_conn_rate']),
    origins: isWebSocket && option('check_origin_enable', SETTINGS['listener.ws.<name>.check_origin_enable'])
      ? option('check_origins', SETTINGS['listener.ws.<name>.check_origins']) : undefined,
    path: isWebSocket ? needed(belowListener(symbols, `listener.${kind}.<name>.path`, name).value) : undefined,
    tls: address !== undefined && (kind === 'ssl' || kind === 'wss') ? planListenerTls(symbols, kind, name) : undefined,
  }
}

function planListenerTls(symbols: Symbols, kind: 'ssl' | 'wss', name: string): ListenerTls {
  const file = (option: 'certfile' | 'keyfile' | 'cafile'): NamedFile | undefined => {
    const { value, at } = belowListener(symbols, `listener.${kind}.<name>.${option}`, name)
    return value === undefined || at === undefined ? undefined : { path: value, at }
  }
  return { certfile: needed(file('certfile')), keyfile: needed(file('keyfile')), cafile: file('cafile') }
}

/** A setting of a listener's, or its default. */
function belowListener({ current }: Symbols, key: BelowListener, name: string): { readonly value: string | undefined, readonly at: Place | undefined } {
  const setting = current.get(key.replace('<name>', name))?.setting
  return { value: valueOf<string>(setting, SETTINGS[key]), at: setting === undefined ? undefined : placeOf(setting.key.span) }
}

type BelowListener = Extract<SettingKey, `listener.${string}.<name>.${'path' | 'certfile' | 'keyfile' | 'cafile'}`>

function planPool({ name, options }: PoolSymbol): PoolSpec {
  const option = <T>(key: PoolOptionName, row: Row<T>): T | undefined => valueOf(options.get(key), row)
  const sentinel = option('sentinel', POOL_OPTIONS.sentinel)
  const type = option('type', POOL_OPTIONS.type) ?? (sentinel === undefined ? 'single' : 'sentinel')
  const server = needed(option('server', POOL_OPTIONS.server))
  return {
    name,
    type,
    server: server === 'embedded' ? server : server.map(({ host, port }) => ({ host, port: port ?? DEFAULT_PORTS[type] })),
    sentinel: type === 'sentinel' ? sentinel : undefined,
    poolSize: needed(option('pool_size', POOL_OPTIONS.pool_size)),
    database: needed(option('database', POOL_OPTIONS.database)),
    username: option('username', POOL_OPTIONS.username),
    password: option('password', POOL_OPTIONS.password),
    channel: needed(option('channel', POOL_OPTIONS.channel)),
    onFailure: needed(option('on_failure', POOL_OPTIONS.on_failure)),
    tls: server === 'embedded' ? undefined : planTls(options),
    // the embedded store has none
    waitReplicas: server === 'embedded' ? 0 : needed(option('wait_replicas', POOL_OPTIONS.wait_replicas)),
    at: placeOf(needed(options.get('server')).key.span),
  }
}

function planTls(options: PoolSymbol['options']): PoolTls | undefined {
  if (valueOf(options.get('ssl'), POOL_OPTIONS.ssl) !== true) return undefined
  const file = (name: 'cafile' | 'certfile' | 'keyfile'): NamedFile | undefined => {
    const [setting, path] = [options.get(name), valueOf(options.get(name), POOL_OPTIONS[name])]
    return setting === undefined || path === undefined ? undefined : { path, at: placeOf(setting.key.span) }
  }
  return {
    cafile: file('cafile'),
    certfile: file('certfile'),
    keyfile: file('keyfile'),
    servername: valueOf(options.get('servername'), POOL_OPTIONS.servername),
    verify: needed(valueOf(options.get('verify'), POOL_OPTIONS.verify)),
  }
}

function planSteps(symbols: Symbols): Program['steps'] {
  const rules = currentRules(symbols)
  const globalExpiry = positive(expiredAfter(symbols))
  const stepsOf = (hook: HookName): readonly Step[] => rules
    .filter(rule => rule.hook === hook)
    .map(rule => planStep(rule, hook, globalExpiry))
    .sort((a, b) => compareRuleNumbers(a.number, b.number))
  return Object.fromEntries(HOOK_NAMES.map(hook => [hook, stepsOf(hook)])) as Program['steps'] // fromEntries forgets the names
}

function planStep(rule: RuleSymbol, hook: HookName, globalExpiry: number | undefined): Step {
  return {
    hook,
    number: needed(rule.number),
    at: placeOf(rule.rule.key.span),
    filter: HOOKS[hook].hasTopic ? rule.topic?.value : undefined,
    pool: needed(rule.pool).value,
    expirySeconds: rule.known?.expires === true ? positive(rule.expiredTime) ?? globalExpiry : undefined,
    action: planAction(rule),
  }
}

function planAction({ known, commands }: RuleSymbol): StepAction {
  if (known !== undefined) return { kind: 'function', name: known.name }
  return { kind: 'commands', commands: commands.map(planCommand) }
}

function planCommand({ fields: [name, ...fields] }: CommandSymbol): CommandTemplate {
  const [text] = needed(name).parts
  if (text?.kind !== 'text') throw new Error('the name of a command is no text')
  return { name: text.text.toLowerCase(), fields: fields.map(({ parts }) => parts.map(planPart)) }
}

function planPart(part: CommandPart): CommandTemplate['fields'][number][number] {
  if (part.kind === 'text') return part.text
  if (!isPlaceholder(part.name)) throw new Error(`no placeholder ${part.name}`)
  return { placeholder: part.name }
}

interface Row<T> {
  readonly value: ValueKind<T>
  readonly default: T | undefined
}

function settingOf<T>({ current }: Symbols, key: SettingKey, row: Row<T>): T | undefined {
  return valueOf(current.get(key)?.setting, row)
}

function valueOf<T>(setting: Setting | undefined, row: Row<T>): T | undefined {
  return setting === undefined ? row.default : needed(row.value.read(setting.value.text))
}

/** Seconds; 0 and less say nothing (SPEC 1.2). */
function positive(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds > 0 ? seconds : undefined
}

function placeOf({ file, start }: Span): Place {
  return { file, line: start.line }
}

/** What the checks have made sure of. */
function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a check let something pass that the plan needs')
  return value
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** Places are left out: a program that only moved in its file is the same. */
function hashOf({ steps, ...content }: { readonly settings: Settings, readonly pools: readonly unknown[], readonly steps: Program['steps'] }): string {
  const text = JSON.stringify(content, (key, value: unknown) => key === 'at' ? undefined : value)
  // There may be many: each loses its place here, instead of being asked for each of its parts whether it is one.
  const unplaced = Object.entries(steps).map(([hook, list]) => [hook, list.map(step => ({ ...step, at: undefined }))])
  return createHash('sha256').update(text).update(JSON.stringify(unplaced)).digest('hex')
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const part of value instanceof Map ? value.values() : Object.values(value)) deepFreeze(part)
  return value
}
