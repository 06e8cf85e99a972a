import { isMap, isSeq } from 'yaml'
import { oneOfThese } from '../../diagnostic/did-you-mean.ts'
import { filterProblem, isOfBroker, isWildcard, subscriptionProblem } from '../../language/topic-filter.ts'
import { duration } from '../../language/values.ts'
import { find, isNothing, listOf, located, mapOf, nodeStart, object, oneOf, text, type Located, type Schema, type Shape, type ShapeOf } from './shape.ts'

// A test file, member by member: what is read, what editors are told and what the docs say come from here.

const qos = oneOf('QoS; 1 unless said', [0, 1, 2])
const flag = (description: string) => oneOf(description, [true, false])
const clientid = text('a client id', { allows: (text) => text === '' ? 'a client id is needed' : undefined })
const topic = text('the topic of a message', {
  allows(text) {
    if (isOfBroker(text)) return 'topics of $SYS/ are not for clients'
    return filterProblem(text) !== undefined || isWildcard(text) ? `\`${text}\` is no topic of a message` : undefined
  },
})
const filter = text('a topic filter, `$share/<group>/<filter>` too', {
  allows: (text) => subscriptionProblem(text) === undefined ? undefined : `\`${text}\` is no filter that a client can subscribe to`,
})
const YEAR_MS = 31_536_000_000
export const time = duration(1, YEAR_MS)
const payload = text('what the message says; empty unless said')

const message = {
  topic, payload, qos, retain: flag('the retain flag; not set unless said'),
} as const

/** What can happen, by the word that a step begins with. */
export const EVENTS = {
  connect: object('a client connects', {
    client: clientid,
    username: text('its user name'),
    clean: flag('it begins a clean session, which ends with its connection; it does unless said'),
    acks: flag('it acknowledges what it gets at once; it does unless said'),
    will: object('its last will', message, { needed: ['topic'] }),
  }, { needed: ['client'], short: 'client' }),
  publish: object('a client publishes', { client: clientid, ...message, as: text('how the message is called in this case: `<as>` stands for its id; m1, m2, … unless said', { allows: nameProblem }) }, { needed: ['client', 'topic'] }),
  subscribe: object('a client subscribes', { client: clientid, topic: filter, qos }, { needed: ['client', 'topic'] }),
  unsubscribe: object('a client unsubscribes', { client: clientid, topic: filter }, { needed: ['client', 'topic'] }),
  ack: object('a client acknowledges what it has got and not acknowledged: all of it, or one message', {
    client: clientid, message: text('the name of a message, such as m1'),
  }, { needed: ['client'], short: 'client' }),
  disconnect: object('a client is gone', {
    client: clientid,
    reason: oneOf('how: by DISCONNECT unless said; with any other reason its will is published', ['normal', 'keepalive', 'closed', 'kicked', 'protocol']),
  }, { needed: ['client'], short: 'client' }),
  order: object('an application publishes on the channel of a pool that a client is to be subscribed or unsubscribed', {
    type: oneOf('what is to be done; subscribe unless said', ['subscribe', 'unsubscribe']), client: clientid, topic: filter, qos, pool: text('the pool, where there are several'),
  }, { needed: ['client', 'topic'] }),
  redis: object('an application sends a command to Redis; fields with blanks are quoted, as in rules', {
    command: text('such as HSET mqtt:sub:lamp a/b 1', { allows: (text) => text.trim() === '' ? 'a command is needed' : undefined }), pool: text('the pool, where there are several'),
  }, { needed: ['command'], short: 'command' }),
  pass: text('time passes: 30s, 1h30m', { allows: (text) => time.read(text) === undefined ? `\`${text}\` is no time such as 30s or 1h30m, of a year at most` : undefined }),
} as const

export type EventWord = keyof typeof EVENTS
export const EVENT_WORDS = Object.keys(EVENTS) as readonly EventWord[] // keys forgets the names

/** One of the events, by its word. */
export type TestEvent = { readonly [W in EventWord]: { readonly kind: W, readonly given: ShapeOf<(typeof EVENTS)[W]> } }[EventWord]

function nameProblem(name: string): string | undefined {
  return /^[\w-]+$/.test(name) ? undefined : `a name is of letters, digits, _ and -, and \`${name}\` is not`
}

const commands = listOf('the commands that rules send to Redis in this step, in order, as they would be typed; `<m1>` is the id of message m1, `<score>` a place in a log', text('a command'))

const delivery = object('a message that a client gets; what is left out is not looked at', {
  to: clientid, topic: text('its topic'), payload: text('what it says'), qos: oneOf('its QoS', [0, 1, 2]), retain: flag('the retain flag'), dup: flag('the DUP flag'),
}, { needed: ['to'] })

const members = listOf('a log of messages, oldest first', text('an id: `<m1>`'))
const scores = mapOf('a sorted set', text('the score of a member'))
/** The scores of a log are places: it is a list. */
const zset: Shape<readonly string[] | ReadonlyMap<string, string>> = {
  schema: { anyOf: [members.schema, scores.schema] },
  read: (node, path, reading) => (isSeq(node) ? members : scores).read(node, path, reading),
}

const anyValue = object('what a key holds, by its type', {
  string: text('a string'),
  hash: mapOf('a hash', text('the value of a field')),
  list: listOf('a list', text('an item')),
  set: listOf('a set, in any order', text('a member')),
  zset,
  stream: listOf('a stream, without ids', mapOf('an entry', text('the value of a field'))),
  expires: text('seconds that Redis keeps it from now on', { allows: (text) => /^\d+$/.test(text) ? undefined : `\`${text}\` is no number of seconds` }),
}, { needed: [] })

/** What a key is expected to hold: one of the types, and perhaps `expires`. */
export type ExpectedValue = ShapeOf<typeof anyValue>

const VALUE_TYPES = ['string', 'hash', 'list', 'set', 'zset', 'stream'] as const

const value: Shape<ExpectedValue> = {
  schema: { ...anyValue.schema, oneOf: VALUE_TYPES.map((type) => ({ required: [type] })) },
  read(node, path, reading) {
    const read = anyValue.read(node, path, reading)
    const types = read === undefined ? [] : VALUE_TYPES.filter((type) => read[type] !== undefined)
    if (read === undefined || types.length === 1) return read
    return find(reading, nodeStart(node, reading), types.length === 0 ? 'it is not said what the key holds' : 'a key holds one thing', `let it have one of ${oneOfThese(VALUE_TYPES)}`)
  },
}

const keysOfPool = mapOf('all keys at the end of the case, but those that hookline keeps for itself', value)
const rule = text('a rule, such as message.publish.1')

/**
 * What belongs to a pool is written without its name where the rules use one only, and under its name
 * where they use several.
 */
function byPool<T>(shape: Shape<T>, pools: readonly string[]): Shape<ReadonlyMap<string, T>> {
  const [first = ''] = pools
  const several = object('where the rules use several pools: by pool', Object.fromEntries(pools.map((pool) => [pool, shape])), { needed: [] })
  return {
    schema: { anyOf: [shape.schema, mapOf('where the rules use several pools: by pool', shape).schema] },
    read(node, path, reading) {
      if (pools.length > 1) {
        if (isNothing(node)) return new Map()
        const read = several.read(node, path, reading)
        return read === undefined ? undefined : new Map(pools.flatMap((pool) => map(read[pool], (of) => [[pool, of] as const]) ?? []))
      }
      const read = shape.read(node, path, reading)
      return read === undefined ? undefined : new Map([[first, read]])
    },
  }
}

function expectations(pools: readonly string[]) {
  return {
    commands: located(byPool(commands, pools)),
    deliveries: located(listOf('all messages that clients get in this step; those of each client in order', delivery)),
    matched: located(listOf('all rules that this step matches', rule)),
    unmatched: located(listOf('all other rules of the hooks that this step sets going', rule)),
    failed: located(listOf('all rules that Redis refuses in this step; none unless said', rule)),
    closed: located(listOf('all clients whose connection the broker ends in this step; none unless said', clientid)),
  } as const
}

/** What a step can be expected to do. All are looked at only where they are written, but the last two. */
export type Expectations = Partial<{ readonly [W in keyof ReturnType<typeof expectations>]: ShapeOf<ReturnType<typeof expectations>[W]> }>
export type ExpectationWord = keyof Expectations
export const EXPECTATION_WORDS = Object.keys(expectations([])) as readonly ExpectationWord[] // keys forgets the names
export type ExpectedDelivery = ShapeOf<typeof delivery>

export interface Step {
  readonly event: TestEvent
  readonly expected: Expectations
}

export interface TestCase {
  readonly name: string
  readonly steps: readonly Located<Step>[]
  /** By pool. */
  readonly keys?: Located<ReadonlyMap<string, ReadonlyMap<string, ExpectedValue>>>
}

export interface TestFile {
  readonly rules: Located<readonly string[]>
  readonly cases: readonly Located<TestCase>[]
}

function stepShape(pools: readonly string[]): Shape<Step> {
  const raw = object('something happens, and what comes of it', { ...EVENTS, ...expectations(pools) }, { needed: [] })
  return {
    schema: { ...raw.schema, oneOf: EVENT_WORDS.map((word) => ({ required: [word] })) },
    read(node, path, reading) {
      const read = raw.read(node, path, reading)
      if (read === undefined) return undefined
      const words = EVENT_WORDS.filter((word) => read[word] !== undefined)
      const [kind] = words
      if (kind === undefined || words.length > 1) {
        const what = kind === undefined ? 'nothing happens in this step' : `several things happen in this step: ${words.join(', ')}`
        return find(reading, nodeStart(node, reading), what, `let it have one of ${oneOfThese(EVENT_WORDS)}`)
      }
      const event = { kind, given: read[kind] } as TestEvent // the word and what it was given belong together
      if ((event.kind === 'order' || event.kind === 'redis') && pools.length > 1 && !pools.includes(event.given.pool ?? '')) {
        return find(reading, nodeStart(node, reading), 'the rules use several pools, and this step names none of them', `add pool: ${oneOfThese(pools)}`)
      }
      return { event, expected: Object.fromEntries(EXPECTATION_WORDS.flatMap((word) => read[word] === undefined ? [] : [[word, read[word]]])) }
    },
  }
}

const rules: Shape<readonly string[]> = {
  schema: { description: 'the rules file, or files, beside this one', anyOf: [text('a file').schema, listOf('files', text('a file')).schema] },
  read: (node, path, reading) => isSeq(node) ? listOf('files', text('a file')).read(node, path, reading)
    : map(text('a file').read(node, path, reading), (file) => [file]),
}

/** A test file of rules that use these pools. */
export function fileShape(pools: readonly string[]): Shape<TestFile> {
  return object('tests of rules', {
    rules: located(rules),
    cases: listOf('what is tested', located(object('one story: it begins with an empty Redis and nobody connected', {
      name: text('a sentence that is true if the test passes'),
      steps: listOf('what happens, in order', located(stepShape(pools))),
      keys: located(byPool(keysOfPool, pools)),
    }, { needed: ['name', 'steps'] }))),
  }, { needed: ['rules', 'cases'] })
}

/** For editors. */
export function testFileSchema(): Schema {
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'hookline rule tests', ...fileShape([]).schema }
}

/** The files that are tested; they say which pools there are. */
export const rulesOnly: Shape<{ readonly rules?: Located<readonly string[]> }> = {
  schema: {},
  read(node, path, reading) {
    const found = isMap(node) ? node.get('rules', true) : undefined
    const read = found === undefined ? undefined : located(rules).read(found, [...path, 'rules'], reading)
    return read === undefined ? {} : { rules: read }
  },
}

function map<T, U>(value: T | undefined, to: (value: T) => U): U | undefined {
  return value === undefined ? undefined : to(value)
}
