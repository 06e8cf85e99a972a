import { once } from 'node:events'
import { copyFileSync, readFileSync, symlinkSync, unlinkSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { PoolSpec, PoolTls } from '../../src/plan/program.ts'
import { openPool, type OpenPool } from '../../src/store/open-pool.ts'
import { readTls } from '../../src/store/tls-files.ts'
import { tempFolder } from '../server/temp-folder.ts'
import { startFakeSentinel } from './fake-sentinel.ts'
import { message, poolSpec, store, submit } from './pool-kit.ts'
import { freePort, startRedis, until, type RedisServer } from './redis-server.ts'
import { startSentinel } from './sentinel-group.ts'

const CERTIFICATES = fileURLToPath(new URL('certificates/', import.meta.url))

/** A Redis that speaks TLS on a second port. */
interface TlsServer {
  readonly redis: RedisServer
  readonly port: number
}

async function startTls(name: string, ...args: string[]): Promise<TlsServer> {
  const port = await freePort()
  const redis = await startRedis(
    '--tls-port', String(port), '--tls-cert-file', join(CERTIFICATES, `${name}.pem`), '--tls-key-file', join(CERTIFICATES, `${name}.key`),
    '--tls-ca-cert-file', join(CERTIFICATES, 'authority.pem'), ...args,
  )
  return { redis, port }
}

function tlsOf(more: Partial<Record<'cafile' | 'certfile' | 'keyfile' | 'servername', string>> & { readonly verify?: boolean } = {}): PoolTls {
  const file = (path: string | undefined, line: number) => path === undefined ? undefined : { path, at: { file: 'test.conf', line } }
  return {
    cafile: file(more.cafile, 2), certfile: file(more.certfile, 3), keyfile: file(more.keyfile, 4),
    servername: more.servername, verify: more.verify ?? true,
  }
}

const open = new Set<OpenPool>()
afterEach(async () => {
  for (const pool of open) await pool.close()
  open.clear()
})

function poolFor(spec: PoolSpec, folder = CERTIFICATES): OpenPool {
  const pool = openPool({ spec, folder, boot: 'boot', log: { info() {}, warn() {}, error() {} } })
  open.add(pool)
  return pool
}

/** Stored through TLS, or the clause that says why not. */
async function stores(port: number, tls: PoolTls | undefined, more: Partial<PoolSpec> = {}): Promise<string> {
  const pool = poolFor(poolSpec(port, { tls, ...more }))
  try {
    await pool.whenReady(3_000)
    const [outcome] = await submit(pool, [store(message('a'))])
    return outcome?.ok === true ? 'stored' : 'not stored'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

describe('a pool with `ssl`', () => {
  let server: TlsServer
  let named: TlsServer
  let strict: TlsServer

  beforeAll(async () => {
    server = await startTls('server', '--tls-auth-clients', 'no')
    named = await startTls('named', '--tls-auth-clients', 'no')
    strict = await startTls('server', '--tls-auth-clients', 'yes')
  })
  afterAll(async () => { await Promise.all([server, named, strict].map(({ redis }) => redis.stop())) })

  it('stores through TLS and hears orders through it, where `cafile` names who signed the certificate', async () => {
    const pool = poolFor(poolSpec(server.port, { tls: tlsOf({ cafile: 'authority.pem' }), database: 2 }))
    await pool.whenReady(3_000)
    expect((await submit(pool, [store(message('a'))]))[0]?.ok).toBe(true)
    await until(async () => await server.redis.client.publish('mqtt_channel', 'x') === 1, 'heard')
    expect(String(await server.redis.client.client('LIST'))).toMatch(/name=hookline-pool1 /)
    expect(await server.redis.client.exists('mqtt:msg:a')).toBe(0)
  })

  it('is back after its server was, with the certificates of that moment', async () => {
    const folder = tempFolder()
    const cafile = join(folder, 'ca.pem')
    symlinkSync(join(CERTIFICATES, 'authority.pem'), cafile)
    const pool = poolFor(poolSpec(server.port, { tls: tlsOf({ cafile: 'ca.pem' }) }), folder)
    await pool.whenReady(3_000)
    unlinkSync(cafile)
    copyFileSync(join(CERTIFICATES, 'stranger.pem'), cafile)
    await server.redis.kill()
    await until(() => !pool.ready, 'away')
    await server.redis.start()
    const outcome = submit(pool, [store(message('a'))])
    const early = await Promise.race([outcome.then(() => 'stored'), new Promise((resolve) => { setTimeout(resolve, 1_000, 'refused') })])
    expect(early).toBe('refused')
    copyFileSync(join(CERTIFICATES, 'authority.pem'), cafile)
    expect((await outcome)[0]?.ok).toBe(true)
  })

  it('says that it gets no answer from what speaks TLS and nothing more', async () => {
    const [cert = '', key = ''] = ['server.pem', 'server.key'].map((name) => readFileSync(join(CERTIFICATES, name), 'utf8'))
    const mute = createServer({ cert, key }).listen(0, '127.0.0.1')
    const sockets = new Set<Socket>()
    mute.on('connection', (socket: Socket) => { sockets.add(socket) })
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      mute.close()
    })
    await once(mute, 'listening')
    const { port } = mute.address() as AddressInfo // of a TCP server
    expect(await stores(port, tlsOf({ cafile: 'authority.pem' }))).toBe('no answer within 3 s')
  })

  it.each([
    ['nobody vouches for it', () => stores(server.port, tlsOf()), /^nobody that is trusted has signed its certificate; name who has as `cafile`/],
    ['another one vouches for others', () => stores(server.port, tlsOf({ cafile: 'stranger.pem' })), /^nobody that is trusted|^its certificate is not signed by/],
    ['it has another name', () => stores(named.port, tlsOf({ cafile: 'authority.pem' })), /^its certificate has another name than the address; write the one it has as `servername`$/],
    ['it speaks no TLS', () => stores(server.redis.port, tlsOf({ cafile: 'authority.pem' })), /^no answer in TLS; its port may not speak it \(`ssl = off`\)$/],
    ['it speaks only TLS', () => stores(server.port, undefined), /^it closes the connection at once; it may speak TLS only \(`ssl = on`\), or be in protected mode$/],
    ['it asks for a certificate of ours', () => stores(strict.port, tlsOf({ cafile: 'authority.pem' })), /^it asks for a certificate of ours; name it as `certfile`, and its key as `keyfile`$/],
  ])('says what to type when %s', async (_, clauseOf, clause) => {
    expect(await clauseOf()).toMatch(clause)
  })

  it('does not wait where waiting does not help', async () => {
    const started = Date.now()
    await stores(server.port, tlsOf())
    expect(Date.now() - started).toBeLessThan(1_000)
  })

  it('takes any certificate with `verify = off`, another name with `servername`, and shows its own', async () => {
    expect(await stores(server.port, tlsOf({ verify: false }))).toBe('stored')
    expect(await stores(named.port, tlsOf({ cafile: 'authority.pem', servername: 'redis.test' }))).toBe('stored')
    expect(await stores(strict.port, tlsOf({ cafile: 'authority.pem', certfile: 'client.pem', keyfile: 'client.key' }))).toBe('stored')
  })

  it('speaks TLS with its sentinels too', async () => {
    const plain = await startFakeSentinel({ port: server.port, epoch: 1 })
    const sentinel = { type: 'sentinel', sentinel: 'mymaster', server: [{ host: '127.0.0.1', port: plain.port }] } as const
    expect(await stores(0, tlsOf({ cafile: 'authority.pem' }), sentinel)).toMatch(/no sentinel says where the master is/)
    await plain.stop()

    const spoken = await startSentinel(server.port, {
      tls: { cert: join(CERTIFICATES, 'server.pem'), key: join(CERTIFICATES, 'server.key'), ca: join(CERTIFICATES, 'authority.pem') },
    })
    expect(await stores(0, tlsOf({ cafile: 'authority.pem' }), { ...sentinel, server: [{ host: '127.0.0.1', port: spoken.tlsPort }] })).toBe('stored')
    await spoken.stop()
  })
})

describe('the files of TLS', () => {
  const clauseOf = async (tls: PoolTls): Promise<string> => await readTls(tls, CERTIFICATES).then(() => 'fine', (error: unknown) => error instanceof Error ? error.message : '')

  it('are fine where they are what they should be', async () => {
    expect(await clauseOf(tlsOf({ cafile: 'authority.pem', certfile: 'client.pem', keyfile: join(CERTIFICATES, 'client.key') }))).toBe('fine')
  })

  it.each([
    [tlsOf({ cafile: 'none.pem' }), 'its cafile none.pem (test.conf:2) cannot be read: no such file'],
    [tlsOf({ cafile: '.' }), 'its cafile . (test.conf:2) cannot be read: it is a folder'],
    [tlsOf({ cafile: 'client.key' }), 'its cafile client.key (test.conf:2) holds no certificate in PEM'],
    [tlsOf({ certfile: 'client.pem', keyfile: 'client.pem' }), 'its keyfile client.pem (test.conf:4) holds no private key in PEM'],
    [tlsOf({ certfile: 'client.pem', keyfile: 'server.key' }), 'its keyfile server.key (test.conf:4) is not the key of its certfile'],
  ])('say what is wrong with them, and where they are named', async (tls, clause) => {
    expect(await clauseOf(tls)).toBe(clause)
  })
})
