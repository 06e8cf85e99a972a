import type { NamedFile, PoolSpec, PoolTls } from './program.ts'

type Row = readonly [name: string, text: (pool: PoolSpec) => string]

/** What can differ between two pools of one name, in the words of their options. A password is never shown. */
const ROWS: readonly Row[] = [
  ['type', pool => pool.type],
  ['server', serverText],
  ['sentinel', pool => pool.sentinel ?? 'none'],
  ['database', pool => String(pool.database)],
  ['username', pool => pool.username ?? 'none'],
  ['pool_size', pool => String(pool.poolSize)],
  ['channel', pool => pool.channel],
  ['on_failure', pool => pool.onFailure],
  ['wait_replicas', pool => String(pool.waitReplicas)],
  ['ssl', pool => pool.tls === undefined ? 'off' : 'on'],
  ['cafile', file('cafile')],
  ['certfile', file('certfile')],
  ['keyfile', file('keyfile')],
  ['servername', pool => pool.tls?.servername ?? 'none'],
  ['verify', pool => pool.tls?.verify === false ? 'off' : 'on'],
]

/** Where a pool is, in a clause: `10.0.0.1:6379, database 2`. */
export function poolWords(pool: PoolSpec): string {
  const type = pool.type === 'single' ? [] : [pool.type === 'sentinel' ? `master ${pool.sentinel ?? ''} of sentinels` : 'cluster']
  const place = [...type, serverText(pool)].join(' ')
  return pool.database === 0 ? place : `${place}, database ${pool.database}`
}

/** What is different, option by option. */
export function poolChanges(before: PoolSpec, after: PoolSpec): readonly string[] {
  const changes = ROWS.flatMap(([name, text]) => {
    const [was, is] = [text(before), text(after)]
    return was === is ? [] : [`${name}: ${was} → ${is}`]
  })
  return before.password === after.password ? changes : [...changes, passwordChange(before.password, after.password)]
}

function passwordChange(before: string | undefined, after: string | undefined): string {
  if (before === undefined) return 'password: none → one'
  return after === undefined ? 'password: one → none' : 'password: another'
}

function serverText({ server }: PoolSpec): string {
  return server === 'embedded' ? server : server.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',')
}

function file(name: Extract<keyof PoolTls, 'cafile' | 'certfile' | 'keyfile'>): (pool: PoolSpec) => string {
  return ({ tls }) => {
    const named: NamedFile | undefined = tls?.[name]
    return named?.path ?? 'none'
  }
}
