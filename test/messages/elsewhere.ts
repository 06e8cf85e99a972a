/** A sentence without a golden file: how it begins in the source, and why. */
export interface Elsewhere {
  readonly begins: string
  readonly why: string
}

const NO_SENTENCE = 'it is no sentence'
const OUR_BUG = 'it takes a bug of ours'
const BROKEN_WORLD = 'it takes a system that fails in a way that no test brings about'
const OF_A_FIX = 'it is the title of a fix, shown by editors and programs; people get a hint in its place'
const OF_OTHERS = 'these are words of others, known by them'
const NOBODY_TYPES = 'no command of ours sends what this answers'

export const ELSEWHERE: readonly Elsewhere[] = [
  ...['debug htstats', 'memory ', 'cluster nodes', 'cluster info', 'latency '].map(begins => ({ begins, why: NO_SENTENCE })),
  { begins: 'without status', why: NO_SENTENCE },
  { begins: 'no link', why: NO_SENTENCE },
  ...['the closing ', 'no such master'].map(begins => ({ begins, why: NO_SENTENCE })),
  ...['write the placeholders', 'delete the one without effect', 'delete this line'].map(begins => ({ begins, why: OF_A_FIX })),
  ...["Stream isn't writeable", 'Socket timeout.', 'Command timed out', 'Connection is closed.', 'ERR unknown command'].map(begins => ({ begins, why: OF_OTHERS })),
  { begins: 'acknowledges what no rule fetches', why: OUR_BUG },
  { begins: '${got} cannot stand here', why: OUR_BUG },
  { begins: '${name} has no hook', why: OUR_BUG },
  { begins: 'nobody has looked', why: OUR_BUG },
  { begins: '\\`${path}\\` is not included here', why: 'no command compiles a text without looking for its files' },
  ...['an MQTT filter has at most 65535 bytes', 'shorten it'].map(begins => ({ begins, why: 'it takes a file of 64 KB' })),
  { begins: 'too few sentinels answer', why: 'it takes sentinels that are cut off from each other' },
  ...['the sentinels know no master', 'it asks for a password, and hookline has none'].map(begins => ({ begins, why: 'test/store/sentinel.test.ts' })),
  { begins: 'no reason is known', why: OUR_BUG },
  { begins: 'hookline has a bug', why: OUR_BUG },
  { begins: 'formatting changes whole lines', why: OUR_BUG },
  { begins: 'no fix of', why: OUR_BUG },
  { begins: 'looking at the rules files failed', why: OUR_BUG },
  { begins: 'looking at the certificates failed', why: OUR_BUG },
  { begins: 'closing a replaced pool failed', why: OUR_BUG },
  { begins: 'clearing up after a failed start failed', why: OUR_BUG },
  { begins: 'a command is {"pool"', why: NOBODY_TYPES },
  { begins: 'hookline knows no', why: NOBODY_TYPES },
  { begins: 'more than ${MAX_BODY', why: NOBODY_TYPES },
  { begins: 'what was sent is no JSON', why: NOBODY_TYPES },
  { begins: 'the control socket fails', why: BROKEN_WORLD },
  { begins: 'the control socket cannot be removed', why: BROKEN_WORLD },
  { begins: 'watching the rules files is hampered', why: 'test/server/watch.test.ts: the system has no watches left' },
  { begins: 'the store in this process does not start', why: BROKEN_WORLD },
  { begins: "the folder ${folder} is not this user's alone", why: BROKEN_WORLD },
  { begins: 'the redis-server of an earlier run', why: BROKEN_WORLD },
  { begins: 'the embedded redis-server does not start', why: BROKEN_WORLD },
  ...['${command}, or for a store in memory', 'npm install js-redis-server', 'npm ci'].map(begins => ({ begins, why: 'it takes an installation without an optional dependency' })),
  ...['dnf install', 'apk add', 'brew install'].map(begins => ({ begins, why: 'it takes another system' })),
  { begins: 'MQTT over WebSocket is off', why: 'test/server/start.test.ts: it takes a port of the machine' },
  { begins: 'is not accepted by OpenSSL', why: BROKEN_WORLD },
  { begins: 'permission denied', why: 'who runs the tests may read everything' },
  ...['the files have changed since', 'other rules run since'].map(begins => ({ begins, why: 'test/server/reload.test.ts' })),
  { begins: '\\nreload this?', why: 'test/cli/reload-plan.test.ts: it takes a terminal' },
  ...['a plan is asked for with', 'a reload of what was shown is', 'a key is asked after with'].map(begins => ({ begins, why: NOBODY_TYPES })),
  { begins: 'hookline is stopping', why: 'test/server/reload.test.ts' },
  { begins: 'a replaced pool was closed before', why: 'test/server/reload.test.ts: it takes a minute' },
  { begins: '${name} is a ${spec.type} pool, which cannot', why: 'it takes a cluster' },
  { begins: 'it has changed meanwhile', why: 'test/lint/fix-command.test.ts' },
  { begins: 'it is not set', why: 'diagnostics say it in words of their own' },
]
