import type { Situation } from './situation.ts'

const RULES = `backend.redis.pool1.server = embedded
backend.redis.hook.client.connected.1 = {"action": {"function": "on_client_connected"}, "pool": "pool1"}
backend.redis.hook.message.publish.1 = {"topic": "a/#", "action": {"function": "on_message_publish"}, "expired_time": 60, "pool": "pool1"}
backend.redis.hook.message.publish.2 = {"topic": "b/#", "action": {"commands": ["INCR b"]}, "pool": "pool1"}
backend.redis.hook.message.publish.3 = {"topic": "c/#", "action": {"commands": ["PFADD seen \${topic}"]}, "pool": "pool1"}
`
const TWO_POOLS = `${RULES}backend.redis.pool2.server = embedded
backend.redis.hook.message.publish.4 = {"topic": "d/#", "action": {"commands": ["SET d \${payload}"]}, "pool": "pool2"}
`

const GOOD = `rules: rules.conf
cases:
  - name: what is published under a/ is stored
    steps:
      - connect: c
      - publish: { client: c, topic: a/1, payload: hi }
        commands:
          - HSET mqtt:msg:<m1> id <m1> from c qos 1 topic a/1 payload hi ts 4000000000 retain false
          - EXPIRE mqtt:msg:<m1> 60
          - ZADD mqtt:msg:a/1 <score> <m1>
          - EXPIRE mqtt:msg:a/1 60
        unmatched: [message.publish.2, message.publish.3]
`

const WRONG = `rules: rules.conf
cases:
  - name: what is published reaches who has subscribed
    steps:
      - connect: c
        closed: [c]
      - subscribe: { client: c, topic: a/1 }
      - publish: { client: c, topic: a/1, payload: hi }
        commands:
          - HSET mqtt:msg:<m1> id <m1> from c qos 1 topic a/1 payload hello ts 4000000000 retain false
          - ZADD mqtt:msg:a/1 <score> <m1>
        deliveries:
          - { to: c, payload: hello }
          - { to: d }
        matched: [message.publish.2]
    keys:
      mqtt:client:c:
        hash: { state: 0, online_at: 4000000000, since: x }
        expires: 9
      mqtt:node:hookline@127.0.0.1:
        hash: { c: 4000000000 }
      other:
        string: x

  - name: what Redis refuses is no surprise
    steps:
      - connect: c
      - redis: SET b text
      - publish: { client: c, topic: b/1 }

  - name: who is not there can do nothing
    steps:
      - publish: { client: c, topic: a/1 }
`

/** Cases with one step, which cannot be taken. */
function stopping(...steps: readonly string[]): string {
  return `rules: rules.conf\ncases:\n${steps.map((step, i) => `  - name: case ${i + 1}\n    steps:\n      - connect: c\n      - ${step}\n`).join('')}`
}

const MISTAKES = `rules: rules.conf
cases:
  - nam: a
    steps:
      - connect: [c]
      - conect: c
      - { connect: c, disconnect: c }
      - connect: { client: &a [c] }
      - connect: *a
      - matched: []
      - publish: { client: '', topic: a/#, qos: 3, as: a b }
      - publish: { client: c, topic: $SYS/a }
      - subscribe: { client: c, topic: a#, qos: [1] }
      - pass: soon
      - redis: ''
      - commands: HSET
        connect: c
      - deliveries: { to: c }
        connect: c
    keys:
      a: {}
      b: { string: x, list: [] }
      c: { string: x, expires: soon }
      d: text
`

const KEYS = `${RULES}backend.redis.hook.session.subscribed.1 = {"topic": "a/#", "action": {"function": "on_message_fetch_for_queue"}, "pool": "pool1"}
backend.redis.hook.session.subscribed.2 = {"action": {"function": "on_retain_lookup"}, "pool": "pool1"}
backend.redis.hook.session.subscribed.3 = {"topic": "p/#", "action": {"function": "on_message_fetch_for_pubsub"}, "pool": "pool1"}
backend.redis.hook.session.subscribed.4 = {"topic": "l/#", "action": {"function": "on_message_fetch_for_keep_latest"}, "pool": "pool1"}
backend.redis.hook.client.connected.2 = {"action": {"function": "on_subscribe_lookup"}, "pool": "pool1"}
backend.redis.hook.message.publish.4 = {"topic": "a/+", "action": {"commands": ["SETEX seen:\${clientid}:\${topic}:\${qos}:\${ts}:\${retain} 60 x"]}, "pool": "pool1"}
`
const KEY_FILES = { 'rules.conf': KEYS }

const FILES = { 'rules.conf': RULES, 'rules.test.yaml': GOOD }
const broken = (text: string) => ({ files: { 'rules.conf': RULES, 'rules.test.yaml': text } })

/** What `hookline test`, `why` and `why-not` say. */
export const RULE_TESTS: readonly Situation[] = [
  { name: 'test', line: 'hookline test', exit: 0, files: FILES },
  { name: 'test-coverage', line: 'hookline test --coverage rules.test.yaml', exit: 0, files: FILES },
  { name: 'test-not-covered', line: 'hookline test --min-coverage 90', exit: 1, files: FILES },
  { name: 'test-no-percentage', line: 'hookline test --min-coverage most', exit: 2 },
  { name: 'test-fails', line: 'hookline test', exit: 1, ...broken(WRONG) },
  { name: 'test-fails-as-tap', line: 'hookline test --format tap', exit: 1, ...broken(WRONG) },
  { name: 'test-fails-as-junit', line: 'hookline test --format junit', exit: 1, ...broken(WRONG) },
  { name: 'test-as-junit', line: 'hookline test --format junit', exit: 0, files: FILES },
  { name: 'test-mistakes', line: 'hookline test', exit: 1, ...broken(MISTAKES) },
  { name: 'test-mistakes-as-tap', line: 'hookline test --format tap', exit: 1, ...broken(MISTAKES) },
  { name: 'test-mistakes-as-junit', line: 'hookline test --format junit', exit: 1, ...broken('rules: rules.conf\n') },
  { name: 'test-no-yaml', line: 'hookline test', exit: 1, ...broken('rules: [rules.conf\n') },
  { name: 'test-says-no-rules', line: 'hookline test', exit: 1, ...broken('cases: []\n') },
  { name: 'test-is-a-list', line: 'hookline test', exit: 1, ...broken('- a\n') },
  { name: 'test-rules-not-there', line: 'hookline test', exit: 1, ...broken('rules: none.conf\ncases: []\n') },
  { name: 'test-rules-with-errors', line: 'hookline test', exit: 1, files: { 'rules.conf': `${RULES}node.nam = a\n`, 'rules.test.yaml': GOOD } },
  { name: 'test-pool-not-said', line: 'hookline test', exit: 1, files: { 'rules.conf': TWO_POOLS, 'rules.test.yaml': stopping('redis: SET a 1', 'order: { client: c, topic: a/1 }') } },
  {
    name: 'test-of-two-pools', line: 'hookline test', exit: 1, files: {
      'rules.conf': TWO_POOLS, 'rules.test.yaml': `rules: rules.conf
cases:
  - name: each in its pool
    steps:
      - connect: c
      - publish: { client: c, topic: d/1, payload: x }
        commands: { pool1: [INCR b] }
    keys: { pool2: { e: { string: x } } }
`,
    },
  },
  {
    name: 'test-stops', line: 'hookline test', exit: 1, ...broken(stopping(
      'redis: INCR', 'redis: SET "a', 'unsubscribe: { client: c, topic: a/1 }', 'ack: c', 'ack: { client: c, message: m9 }',
    )),
  },
  {
    name: 'test-not-simulated', line: 'hookline test', exit: 0, ...broken(`rules: rules.conf
cases:
  - name: what is seen is counted
    steps:
      - connect: c
      - publish: { client: c, topic: c/1 }
        commands: [PFADD seen c/1]
    keys:
      mqtt:client:c:
        hash: { state: 1, online_at: 4000000000, offline_at: undefined }
      mqtt:node:hookline@127.0.0.1:
        hash: { c: 4000000000 }
`),
  },
  { name: 'test-update', line: 'hookline test --update', exit: 0, ...broken(WRONG.split('\n  - name: who is not there')[0] ?? '') },
  { name: 'test-schema', line: 'hookline test --schema', exit: 0 },
  { name: 'test-empty-folder', line: 'hookline test', exit: 2 },
  { name: 'test-no-such-file', line: 'hookline test none.test.yaml', exit: 2 },
  { name: 'test-folder-for-a-file', line: 'hookline test rules.test.yaml run', exit: 2, files: FILES },
  { name: 'test-on-redis', line: 'hookline test --redis redis://{redis}', exit: 0, files: FILES },
  {
    name: 'test-on-redis-fails', line: 'hookline test --redis redis://{redis}', exit: 1, ...broken(`rules: rules.conf
cases:
  - name: what is not simulated is looked at in Redis
    steps:
      - connect: c
      - redis: PSETEX a 10000 x
      - redis: RPUSH queue one
      - redis: SORT queue ALPHA STORE sorted
    keys:
      a:
        string: x
        expires: 10
      queue:
        list: [one]
      mqtt:client:c:
        hash: { state: 1, online_at: 4000000000, offline_at: undefined }
      mqtt:node:hookline@127.0.0.1:
        hash: { c: 4000000000 }
`),
  },
  {
    name: 'test-on-redis-differs', line: 'hookline test --redis redis://{redis}', exit: 1, ...broken(`rules: rules.conf
cases:
  - name: Redis counts with more digits
    steps:
      - redis: SET f 0.1
      - redis: INCRBYFLOAT f 0.2
`),
  },
  {
    name: 'test-on-two-databases-differs', line: 'hookline test --redis redis://{redis}/3', exit: 1, files: { 'rules.conf': TWO_POOLS, 'rules.test.yaml': `rules: rules.conf
cases:
  - name: Redis counts with more digits
    steps:
      - redis: { command: SET f 0.1, pool: pool2 }
      - redis: { command: INCRBYFLOAT f 0.2, pool: pool2 }
` },
  },
  { name: 'test-no-url', line: 'hookline test --redis here', exit: 2 },
  { name: 'test-redis-not-there', line: 'hookline test --redis redis://{nobody}', exit: 2, files: FILES },
  { name: 'test-redis-not-empty', line: 'hookline test --redis redis://{redis}', exit: 2, files: FILES, async before({ world }) { await world.redis.client.set('theirs', '1') } },
  { name: 'test-redis-of-a-broker', line: 'hookline test --beside-others --redis redis://{redis}', exit: 2, files: FILES, async before({ world }) { await world.redis.client.set('mqtt:clock', '1') } },

  { name: 'why', line: 'hookline why -f rules.conf mqtt:msg:a/1', exit: 0, files: KEY_FILES },
  { name: 'why-for-ever', line: 'hookline why -f rules.conf mqtt:client:lamp', exit: 0, files: KEY_FILES },
  { name: 'why-in-several-ways', line: 'hookline why -f rules.conf seen:b:c:a/x:1:5:true', exit: 0, files: KEY_FILES },
  { name: 'why-as-json', line: 'hookline why -f rules.conf --json mqtt:msg:a/1', exit: 0, files: KEY_FILES },
  { name: 'why-own', line: 'hookline why -f rules.conf mqtt:clock', exit: 0, files: KEY_FILES },
  { name: 'why-own-for-an-hour', line: 'hookline why -f rules.conf mqtt:batch:x', exit: 0, files: KEY_FILES },
  { name: 'why-own-of-adopt', line: 'hookline why -f rules.conf mqtt:adopting', exit: 0, files: KEY_FILES },
  { name: 'why-other-topic', line: 'hookline why -f rules.conf mqtt:msg:x/1', exit: 1, files: KEY_FILES },
  { name: 'why-other-node', line: 'hookline why -f rules.conf mqtt:node:n9', exit: 1, files: KEY_FILES },
  { name: 'why-no-topic', line: 'hookline why -f rules.conf mqtt:msg:a/#/b', exit: 1, files: KEY_FILES },
  { name: 'why-no-client', line: 'hookline why -f rules.conf mqtt:client:', exit: 1, files: KEY_FILES },
  { name: 'why-no-qos', line: 'hookline why -f rules.conf seen:c:a/1:3:5:true', exit: 1, files: KEY_FILES },
  { name: 'why-no-time', line: 'hookline why -f rules.conf seen:c:a/1:1:x:true', exit: 1, files: KEY_FILES },
  { name: 'why-no-flag', line: 'hookline why -f rules.conf seen:c:a/1:1:5:no', exit: 1, files: KEY_FILES },
  { name: 'why-no-such-key', line: 'hookline why -f rules.conf mqtt:mgs:a/1', exit: 1, files: KEY_FILES },
  { name: 'why-no-such-form', line: 'hookline why -f rules.conf seen:a', exit: 1, files: KEY_FILES },
  { name: 'why-no-rules', line: 'hookline why -f rules.conf a', exit: 1, files: { 'rules.conf': '# none\n' } },
  { name: 'why-of-nothing', line: 'hookline why', exit: 2 },
  { name: 'why-no-broker', line: 'hookline why mqtt:clock', exit: 2 },

  { name: 'why-not', line: 'hookline why-not -f rules.conf --hook message.publish --topic a/1/2 --payload x', exit: 0, files: KEY_FILES },
  { name: 'why-not-qos-0', line: 'hookline why-not -f rules.conf --hook message.publish --topic a --qos 0', exit: 1, files: KEY_FILES },
  { name: 'why-not-dollar', line: 'hookline why-not -f rules.conf --hook message.publish --topic $a', exit: 1, files: { 'rules.conf': KEYS.replace('a/#', '#') } },
  { name: 'why-not-shared', line: 'hookline why-not -f rules.conf --hook session.subscribed --topic $share/g/a/+', exit: 0, files: KEY_FILES },
  { name: 'why-not-fetches', line: 'hookline why-not -f rules.conf --hook session.subscribed --topic p/1 --qos 0', exit: 0, files: KEY_FILES },
  { name: 'why-not-fetches-all', line: 'hookline why-not -f rules.conf --hook session.subscribed --topic p/1', exit: 0, files: KEY_FILES },
  { name: 'why-not-latest', line: 'hookline why-not -f rules.conf --hook session.subscribed --topic l/1', exit: 0, files: KEY_FILES },
  { name: 'why-not-without-topic', line: 'hookline why-not -f rules.conf --hook client.connected --clientid lamp', exit: 0, files: KEY_FILES },
  { name: 'why-not-as-json', line: 'hookline why-not -f rules.conf --hook session.subscribed --topic a/1 --json', exit: 0, files: KEY_FILES },
  { name: 'why-not-no-rule', line: 'hookline why-not -f rules.conf --hook message.acked --topic a', exit: 1, files: KEY_FILES },
  { name: 'why-not-of-nothing', line: 'hookline why-not', exit: 2 },
  { name: 'why-not-no-such-hook', line: 'hookline why-not --hook message.published --topic a', exit: 2 },
  { name: 'why-not-no-hook-at-all', line: 'hookline why-not --hook x --topic a', exit: 2 },
  { name: 'why-not-no-qos', line: 'hookline why-not --hook message.publish --topic a --qos 3', exit: 2 },
  { name: 'why-not-topic-missing', line: 'hookline why-not --hook message.publish', exit: 2 },
  { name: 'why-not-topic-needless', line: 'hookline why-not --hook client.connected --topic a', exit: 2 },
  { name: 'why-not-no-topic', line: 'hookline why-not --hook message.publish --topic a/#/b', exit: 2 },
]
