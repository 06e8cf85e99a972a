import type { Program, Step as Rule } from '../../plan/program.ts'
import { commandLines, commandText, splitCommand } from '../command-lines.ts'
import type { KeySnapshot, ShownKey } from '../key-snapshot.ts'
import { SimulatedBroker, type Notes } from '../simulated-broker.ts'
import type { SimulatedClient } from '../simulated-client.ts'
import type { StillClock } from '../still-clock.ts'
import type { TestStore } from '../test-store.ts'
import { MessageNames } from './message-names.ts'
import { time, type Step, type TestCase, type TestEvent } from './scenario.ts'
import type { Located } from './shape.ts'

/** A message that a client got, as test files write it. */
export interface GotMessage {
  readonly to: string
  readonly topic: string
  readonly payload: string
  readonly qos: 0 | 1 | 2
  readonly retain: boolean
  readonly dup: boolean
}

/** What came of a step, in the notation of test files. */
export interface StepResult {
  /** By pool. */
  readonly commands: ReadonlyMap<string, readonly string[]>
  /** Those of each client in order, the clients in the order of their first message. */
  readonly deliveries: readonly GotMessage[]
  readonly matched: readonly string[]
  readonly unmatched: readonly string[]
  /** Rules and Redis' words. */
  readonly failed: ReadonlyMap<string, string>
  /** Clients and the broker's words. */
  readonly closed: ReadonlyMap<string, string>
}

export interface CaseResult {
  readonly steps: readonly StepResult[]
  /** The step that could not be taken, and why; what comes after it did not happen. */
  readonly stopped: { readonly step: Located<Step>, readonly why: string } | undefined
  /** At the end, by pool. */
  readonly keys: ReadonlyMap<string, KeySnapshot>
  /** By pool: keys of which the simulation does not know what is there, and the commands that did it. */
  readonly unknown: ReadonlyMap<string, ReadonlyMap<string, string>>
  readonly hit: ReadonlySet<Rule>
}

export interface CaseWorld {
  readonly program: Program
  /** By pool, of all that rules use. */
  readonly stores: ReadonlyMap<string, TestStore>
  readonly clock: StillClock
}

/** Plays a case from nothing to its end. */
export async function runCase({ steps }: TestCase, world: CaseWorld): Promise<CaseResult> {
  const { program, stores, clock } = world
  const names = new MessageNames()
  const broker = new SimulatedBroker({ program, stores, clock, named: (msgid) => names.add(msgid) })
  const results: StepResult[] = []
  const hit = new Set<Rule>()
  let stopped: CaseResult['stopped']
  for (const step of steps) {
    const why = await takeStep(step.value.event, { broker, names, stores })
    if (why !== undefined) {
      stopped = { step, why }
      break
    }
    await broker.settle()
    const notes = broker.takeNotes()
    for (const rule of notes.matched) hit.add(rule)
    results.push(resultOf(notes, { program, names, pools: [...stores.keys()] }))
  }
  const keys = new Map<string, KeySnapshot>()
  const unknown = new Map<string, ReadonlyMap<string, string>>()
  for (const [name, store] of stores) {
    keys.set(name, shownSnapshot(await store.snapshot(), names))
    unknown.set(name, new Map([...store.unsimulated].flatMap(([command, touched]) => [...touched].map((key) => [names.shown(key), command.toUpperCase()] as const))))
  }
  return { steps: results, stopped, keys, unknown, hit }
}

interface Players {
  readonly broker: SimulatedBroker
  readonly names: MessageNames
  readonly stores: ReadonlyMap<string, TestStore>
}

/** Lets it happen; says why if it cannot. */
async function takeStep(event: TestEvent, { broker, names, stores }: Players): Promise<string | undefined> {
  switch (event.kind) {
    case 'connect': {
      const { client, username, clean = true, acks = true, will } = event.given
      broker.connect({ clientid: client, username, clean, acknowledges: acks, will: will === undefined ? undefined : messageOf(will) })
      return undefined
    }
    case 'publish': {
      names.callNext(event.given.as)
      return withClient(broker, event.given.client, (client) => broker.publish(client, messageOf(event.given)))
    }
    case 'subscribe': {
      const { topic, qos = 1 } = event.given
      return withClient(broker, event.given.client, (client) => broker.subscribe(client, topic, qos))
    }
    case 'unsubscribe': {
      const { client: clientid, topic } = event.given
      return withClient(broker, clientid, (client) => broker.unsubscribe(client, topic) ? undefined : `${clientid} has no subscription to ${topic}`)
    }
    case 'ack': return withClient(broker, event.given.client, (client) => acknowledge(client, event.given.message, { broker, names }))
    case 'disconnect': {
      const { reason = 'normal' } = event.given
      return withClient(broker, event.given.client, (client) => broker.disconnect(client, reason))
    }
    case 'order': {
      const { type = 'subscribe', client: clientid, topic, qos = 0, pool } = event.given
      broker.order(JSON.stringify({ type, clientid, topic, qos }), pool ?? first(stores))
      return undefined
    }
    case 'redis': {
      const fields = splitCommand(names.filledIn(event.given.command))
      const store = stores.get(event.given.pool ?? first(stores))
      if (fields === undefined) return 'a quoted field of the command does not end'
      const refused = await store?.command(fields)
      return refused === undefined ? undefined : `Redis refuses the command: ${refused}`
    }
    case 'pass': {
      await broker.pass(time.read(event.given) ?? 0)
      return undefined
    }
    default: return event satisfies never
  }
}

function withClient(broker: SimulatedBroker, clientid: string, does: (client: SimulatedClient) => string | undefined | void): string | undefined {
  const client = broker.client(clientid)
  return client === undefined ? `${clientid} is not connected` : does(client) ?? undefined
}

/** A packet does not say which message it carries: it is known by what it says. */
function acknowledge(client: SimulatedClient, name: string | undefined, { broker, names }: Pick<Players, 'broker' | 'names'>): string | undefined {
  const message = name === undefined ? undefined : broker.message(names.idOf(name) ?? '')
  if (name !== undefined && message === undefined) return `no message is called ${name}`
  const open = client.open.filter(({ topic, payload }) => message === undefined || (topic === message.topic && payload.equals(message.payload)))
  for (const packet of open) client.acknowledge(packet)
  return open.length > 0 ? undefined : `${client.options.clientid} has got nothing that it could acknowledge`
}

function messageOf({ topic, payload = '', qos = 1, retain = false }: { readonly topic: string, readonly payload?: string, readonly qos?: 0 | 1 | 2, readonly retain?: boolean }) {
  return { topic, payload: Buffer.from(payload), qos, retain }
}

function first(stores: ReadonlyMap<string, TestStore>): string {
  for (const name of stores.keys()) return name
  return ''
}

function resultOf(notes: Notes, { program, names, pools }: { readonly program: Program, readonly names: MessageNames, readonly pools: readonly string[] }): StepResult {
  const rules = Object.values(program.steps).flat()
  return {
    commands: new Map(pools.map((name) => [name, notes.effects.flatMap(({ pool, effect }) =>
      pool === name ? commandLines(effect).map((line) => names.shown(commandText(line))) : [])])),
    deliveries: byClient(notes.deliveries.map(({ to, packet }) => (
      { to, topic: packet.topic, payload: names.shown(packet.payload.toString()), qos: packet.qos, retain: packet.retain, dup: packet.dup }
    ))),
    matched: rules.filter((rule) => notes.matched.has(rule)).map(ruleName),
    unmatched: rules.filter((rule) => notes.hooks.has(rule.hook) && !notes.matched.has(rule)).map(ruleName),
    failed: new Map(Array.from(notes.failed, ([rule, words]) => [ruleName(rule), words])),
    closed: notes.closed,
  }
}

/** Between clients the network decides. */
function byClient(messages: readonly GotMessage[]): readonly GotMessage[] {
  const clients = [...new Set(messages.map(({ to }) => to))]
  return clients.flatMap((client) => messages.filter(({ to }) => to === client))
}

export function ruleName({ hook, number }: Rule): string {
  return `${hook}.${number}`
}

function shownSnapshot(snapshot: KeySnapshot, names: MessageNames): KeySnapshot {
  return new Map(Array.from(snapshot, ([key, shown]) => [names.shown(key), { ...shown, value: shownValue(shown.value, names) }]))
}

function shownValue(value: ShownKey['value'], names: MessageNames): ShownKey['value'] {
  if (typeof value === 'string') return names.shown(value)
  if (isMap(value)) return shownMap(value, names)
  return isTexts(value) ? value.map((item) => names.shown(item)) : value.map((entry) => shownMap(entry, names))
}

function shownMap(map: ReadonlyMap<string, string>, names: MessageNames): ReadonlyMap<string, string> {
  return new Map(Array.from(map, ([name, text]) => [names.shown(name), names.shown(text)]))
}

function isMap(value: ShownKey['value']): value is ReadonlyMap<string, string> {
  return value instanceof Map
}

function isTexts(value: readonly string[] | readonly ReadonlyMap<string, string>[]): value is readonly string[] {
  return typeof value[0] === 'string' || value.length === 0
}
