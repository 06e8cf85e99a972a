import { POOL_OPTIONS } from '../language/pool-options.ts'
import { isPrivateHost } from '../language/private-address.ts'
import type { Check } from './check.ts'
import { lineAdded } from './edits.ts'

export const remotePlaintext: Check = {
  name: 'remote-plaintext',
  severity: 'warning',
  fix: 'offered',
  doc: 'Without TLS everyone on the way to Redis can read what is stored, and the password. Said of public addresses, and of names with a dot that have no ending of a private network; a name such as `redis`, or 10.0.0.5, is taken for one of your own network.',
  bad: 'backend.redis.pool1.server = redis.example.com:6379',
  good: 'backend.redis.pool1.server = redis.internal:6379',
  *find(symbols) {
    for (const { name, options } of symbols.pools.values()) {
      const [server, ssl, password] = [options.get('server'), options.get('ssl'), options.get('password')]
      if (server === undefined || server.value.parts.some(({ kind }) => kind !== 'text')) continue
      // What it is that comes from elsewhere, or is no value at all, is not known here.
      if (ssl !== undefined && POOL_OPTIONS.ssl.value.read(ssl.value.text) !== false) continue
      const addresses = POOL_OPTIONS.server.value.read(server.value.text)
      const remote = addresses === undefined || addresses === 'embedded' ? undefined : addresses.find(({ host }) => !isPrivateHost(host))
      if (remote === undefined) continue
      const line = `backend.redis.${name}.ssl = on`
      yield {
        span: server.value.span,
        message: `\`${remote.host}\` is taken for a public address, and what goes there${password === undefined ? '' : ', the password too,'} is not encrypted`,
        fix: {
          title: `${ssl === undefined ? 'add' : 'write'} \`${line}\``,
          edits: [ssl === undefined ? lineAdded(symbols, server.key.span, line) : { span: ssl.value.span, text: 'on' }],
        },
      }
    }
  },
}
