import { POOL_OPTIONS, type PoolOptionName } from '../language/pool-options.ts'
import type { Check, Finding } from './check.ts'
import type { PoolSymbol } from './symbols.ts'

export const poolOptionIgnored: Check = {
  name: 'pool-option-ignored',
  severity: 'warning',
  doc: 'A line of a pool that another line leaves without effect: what it asks for is not what happens.',
  bad: `backend.redis.pool1.server = 127.0.0.1:6379
backend.redis.pool1.cafile = ca.pem`,
  good: `backend.redis.pool1.server = 127.0.0.1:6379
backend.redis.pool1.ssl = on
backend.redis.pool1.cafile = ca.pem`,
  *find({ pools }) {
    for (const pool of pools.values()) {
      yield* sentinelOfAnother(pool)
      if (isEmbedded(pool)) yield* neededByNoChild(pool)
      else {
        yield* tlsThatIsOff(pool)
        yield* replicasOfNoWaiter(pool)
      }
    }
  },
}

function* sentinelOfAnother({ name, options }: PoolSymbol): Iterable<Finding> {
  const [type, sentinel] = [options.get('type'), options.get('sentinel')]
  const kind = type === undefined ? undefined : POOL_OPTIONS.type.value.read(type.value.text)
  if (type === undefined || sentinel === undefined || kind === undefined || kind === 'sentinel') return
  yield {
    span: sentinel.key.span, message: `a ${kind} pool has no sentinels; the line has no effect`,
    hint: `delete it, or write \`backend.redis.${name}.type = sentinel\``,
    related: [{ span: type.value.span, message: `this makes it a ${kind} pool` }],
  }
}

const WITH_TLS = ['cafile', 'certfile', 'keyfile', 'servername', 'verify'] as const satisfies readonly PoolOptionName[]

/** One finding, at the first of them: they are off for one reason. */
function* tlsThatIsOff({ name, options }: PoolSymbol): Iterable<Finding> {
  const ssl = options.get('ssl')
  const [first] = given(options, WITH_TLS)
  // what is no value, or comes from elsewhere, is not known here
  if (first === undefined || (ssl !== undefined && POOL_OPTIONS.ssl.value.read(ssl.value.text) !== false)) return
  yield {
    span: first.key.span, message: `the connections of \`${name}\` are not encrypted; without \`ssl = on\` the line has no effect`,
    hint: ssl === undefined ? `add \`backend.redis.${name}.ssl = on\`` : `write \`backend.redis.${name}.ssl = on\``,
    ...ssl === undefined ? {} : { related: [{ span: ssl.value.span, message: 'this turns it off' }] },
  }
}

function* replicasOfNoWaiter({ options }: PoolSymbol): Iterable<Finding> {
  const [replicas, onFailure] = [options.get('wait_replicas'), options.get('on_failure')]
  if (replicas === undefined || onFailure === undefined) return
  const count = POOL_OPTIONS.wait_replicas.value.read(replicas.value.text)
  if (count === undefined || count === 0 || POOL_OPTIONS.on_failure.value.read(onFailure.value.text) !== 'pass') return
  yield {
    span: replicas.key.span, message: 'where messages pass unstored none waits for replicas; the line has no effect', hint: 'delete one of the two lines',
    related: [{ span: onFailure.value.span, message: 'this lets them pass' }],
  }
}

/** What the embedded store, a child of the broker behind a Unix socket, has no use for. */
const NOT_FOR_EMBEDDED = ['ssl', ...WITH_TLS, 'wait_replicas'] as const satisfies readonly PoolOptionName[]

function* neededByNoChild({ options }: PoolSymbol): Iterable<Finding> {
  for (const { key, value } of given(options, NOT_FOR_EMBEDDED)) {
    const option = key.words.at(-1)?.text
    if (option === 'ssl' && POOL_OPTIONS.ssl.value.read(value.text) === false) continue
    if (option === 'wait_replicas' && POOL_OPTIONS.wait_replicas.value.read(value.text) === 0) continue
    const why = option === 'wait_replicas' ? 'has no replicas' : 'is reached by no network'
    yield { span: key.span, message: `the embedded store ${why}; the line has no effect`, hint: 'delete the line' }
  }
}

function isEmbedded({ options }: PoolSymbol): boolean {
  const server = options.get('server')
  return server !== undefined && POOL_OPTIONS.server.value.read(server.value.text) === 'embedded'
}

/** Those of the options that the pool has lines for. */
function given(options: PoolSymbol['options'], names: readonly PoolOptionName[]) {
  return names.flatMap((name) => {
    const setting = options.get(name)
    return setting === undefined ? [] : [setting]
  })
}
