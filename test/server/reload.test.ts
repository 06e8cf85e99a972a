import { expect, test, vi } from 'vitest'
import { createReload, type Reload, type ReloadReport } from '../../src/engine/reload.ts'
import type { OpenPool, Snapshot } from '../../src/engine/reload-ports.ts'
import type { Program } from '../../src/plan/program.ts'
import { fakePool, type FakePool } from './fake-pool.ts'
import { fakeCompile } from './fake-program.ts'
import { silentLog } from './silent-log.ts'

const START = 'pool pool1 here\npool pool2 there\nrule 1 pool1\nrule 2 pool2\n'

test('a changed rule is applied, and pools with equal settings stay the same objects', async () => {
  const it = running(START)
  it.write(`${START}rule 3 pool1\n`)
  const report = await it.reload.run('signal')
  expect(report).toMatchObject({ result: 'applied', generation: 2, trigger: 'signal', reason: undefined })
  expect(report.rules.added).toEqual(['message.publish.3'])
  expect(report.rules.removed).toEqual([])
  expect(it.swaps.at(-1)?.pools).toEqual(it.swaps.at(0)?.pools)
  expect(it.swaps.at(-1)?.pools.get('pool1')).toBe(it.pools[0])
  expect(it.pools).toHaveLength(2)
})

test('a pool whose settings change is opened anew and the old one closed once it is drained', async () => {
  const it = running(START)
  const drained = it.holdDrain()
  it.write(START.replace('there', 'elsewhere'))
  const report = await it.reload.run('signal')
  expect(report.pools.changed).toEqual(['pool2'])
  expect(it.swaps.at(-1)?.pools.get('pool2')).toBe(it.pools[2])
  expect(it.pools[1]?.closed).toBe(false)
  drained()
  await vi.waitFor(() => { expect(it.pools[1]?.closed).toBe(true) })
  expect(it.pools[0]?.closed).toBe(false)
  expect(it.reload.drainsCutShort).toBe(0)
})

test('a pool that has other settings for the same Redis goes over to them: it stays, and what they were tried with is closed', async () => {
  const it = running(START)
  it.write(START.replace('there', 'there 9'))
  const report = await it.reload.run('signal')
  expect(report.pools.changed).toEqual(['pool2'])
  expect(it.swaps.at(-1)?.pools.get('pool2')).toBe(it.pools[1])
  expect(it.pools[1]).toMatchObject({ closed: false, renewals: [{ poolSize: 9 }] })
  expect(it.pools[2]).toMatchObject({ closed: true, renewals: [] })
  expect(it.reload.draining).toEqual([])
})

test('a replaced pool that does not drain is closed after a minute, counted', async () => {
  const it = running(START)
  it.holdDrain()
  it.write(START.replace('there', 'elsewhere'))
  await it.reload.run('signal')
  it.pass(59_999)
  expect(it.pools[1]?.closed).toBe(false)
  it.pass(1)
  await vi.waitFor(() => { expect(it.pools[1]?.closed).toBe(true) })
  expect(it.reload.drainsCutShort).toBe(1)
  expect(it.abandoned).toEqual([it.pools[1]])
})

test('a pool that no rule uses any more is closed, and one that no rule uses is never opened', async () => {
  const it = running(START)
  it.write('pool pool1 here\npool pool2 there\npool pool3 nowhere\nrule 1 pool1\n')
  expect(await it.reload.run('signal')).toMatchObject({ result: 'applied' })
  await vi.waitFor(() => { expect(it.pools[1]?.closed).toBe(true) })
  expect(it.pools).toHaveLength(2)
})

test('a new pool that does not answer within 5 s changes nothing, and what was opened with it is closed', async () => {
  const it = running(START)
  it.write('pool pool1 nowhere\npool pool2 elsewhere\nrule 1 pool1\nrule 2 pool2\n')
  const report = await it.reload.run('watch')
  expect(report).toMatchObject({ result: 'rejected', generation: 1, hash: fakeCompile(sourcesOf(START)).program?.hash })
  expect(report.reason).toBe('the Redis of pool1 (rules.conf:1) is not there: no answer within 5 s')
  expect(it.swaps).toHaveLength(1)
  expect(it.pools.map(pool => pool.closed)).toEqual([false, false, true, true])
})

test('a file with an error changes nothing and the report holds the findings', async () => {
  const it = running(START)
  it.write(`${START}rul 3 pool1\n`)
  const report = await it.reload.run('watch')
  expect(report).toMatchObject({ result: 'rejected', generation: 1, reason: 'the rules have errors' })
  expect(report.diagnostics).toHaveLength(1)
  expect(it.swaps).toHaveLength(1)
  expect(it.reload.last).toBe(report)
})

test('a changed comment is unchanged, yet later messages name the new lines', async () => {
  const it = running(START)
  it.write(`# said first\n${START}`)
  expect(await it.reload.run('watch')).toMatchObject({ result: 'unchanged', generation: 1 })
  expect(it.swaps.at(-1)?.program.steps['message.publish'][0]?.at.line).toBe(4)
})

test.each([['empty', ''], ['blank', ' \r\n\n'], ['nothing but comments', '# rule 1 pool1\n']])(
  'under the watcher a file that became %s changes nothing', async (_, text) => {
    const it = running(START)
    it.write(text)
    const report = await it.reload.run('watch')
    expect(report.result).toBe('rejected')
    expect(report.reason).toMatch(/^rules.conf is empty now/)
    expect(it.swaps).toHaveLength(1)
  })

test.each(['signal', 'command'] as const)('whoever asks for it by a %s can empty the file', async (trigger) => {
  const it = running(START)
  it.write('# all rules are gone\n')
  expect(await it.reload.run(trigger)).toMatchObject({ trigger, result: 'applied', generation: 2 })
})

test("a person's order that meets a waiting reload of the watcher is carried out as the person's", async () => {
  const it = running(START)
  const read = it.holdRead()
  const first = it.reload.run('watch')
  const waiting = it.reload.run('watch')
  it.write('# all rules are gone\n')
  const ordered = it.reload.run('command')
  read()
  expect(ordered).toBe(waiting)
  await first
  expect(await ordered).toMatchObject({ trigger: 'command', result: 'applied' })
})

test('what was shown is loaded if it is what the files say and what ran still runs, else nothing', async () => {
  const it = running(START)
  const hashOf = (text: string): string => fakeCompile(sourcesOf(text)).program?.hash ?? ''
  const [first, second, third] = [START, `${START}rule 3 pool1\n`, `${START}rule 4 pool1\n`]
  it.write(third)
  expect(await it.reload.runShown({ running: hashOf(first), files: hashOf(second) })).toMatchObject({ result: 'rejected', reason: 'the files have changed since that was shown', generation: 1 })
  it.write(second)
  expect(await it.reload.runShown({ running: hashOf(third), files: hashOf(second) })).toMatchObject({ result: 'rejected', reason: 'other rules run since that was shown', generation: 1 })
  expect(await it.reload.runShown({ running: hashOf(first), files: hashOf(second) })).toMatchObject({ trigger: 'command', result: 'applied', generation: 2 })
})

test('what was shown is not taken together with a reload of whatever the files say', async () => {
  const it = running(START)
  const read = it.holdRead()
  const first = it.reload.run('watch')
  const waiting = it.reload.run('watch')
  const shown = it.reload.runShown({ running: 'another', files: 'another' })
  read()
  expect(await Promise.all([first, waiting, shown])).toMatchObject([{ result: 'unchanged' }, { result: 'unchanged' }, { result: 'rejected' }])
})

test('what was shown is not loaded beside a reload that came to wait after it', async () => {
  const it = running(START)
  const read = it.holdRead()
  const first = it.reload.run('watch')
  const hash = fakeCompile(sourcesOf(START.replace('here', 'elsewhere'))).program?.hash ?? ''
  it.write(START.replace('here', 'elsewhere'))
  const shown = it.reload.runShown({ running: hash, files: hash })
  const waiting = it.reload.run('watch')
  read()
  expect(await Promise.all([first, waiting, shown])).toMatchObject([{ result: 'applied' }, { result: 'unchanged' }, { result: 'unchanged' }])
  expect(it.readsAtOnce()).toBe(1)
})

test('a replaced pool is named as draining until it is closed', async () => {
  const it = running(START)
  const drained = it.holdDrain()
  it.write(START.replace('pool1 here', 'pool1 elsewhere'))
  await it.reload.run('command')
  expect(it.reload.draining).toEqual([it.pools[0]])
  drained()
  await vi.waitFor(() => { expect(it.reload.draining).toEqual([]) })
})

test('a pool that comes back while it drains goes on: two that write to one log could not keep its order', async () => {
  const it = running(START)
  const drained = it.holdDrain()
  it.write('pool pool1 here\npool pool2 there\nrule 1 pool1\n')
  await it.reload.run('command')
  expect(it.reload.draining).toEqual([it.pools[1]])
  it.write(START)
  expect(await it.reload.run('command')).toMatchObject({ result: 'applied' })
  expect(it.swaps.at(-1)?.pools.get('pool2')).toBe(it.pools[1])
  expect(it.reload.draining).toEqual([])
  drained()
  it.pass(60_000)
  await new Promise(resolve => { setImmediate(resolve) })
  expect([it.pools.length, it.pools[1]?.closed, it.abandoned]).toEqual([2, false, []])
})

test('a pool that came back while it drained drains on if the reload is rejected', async () => {
  const it = running(START)
  const drained = it.holdDrain()
  it.write('pool pool1 here\npool pool2 there\nrule 1 pool1\n')
  await it.reload.run('command')
  it.write(START.replace('pool1 here', 'pool1 nowhere'))
  expect(await it.reload.run('command')).toMatchObject({ result: 'rejected' })
  expect(it.reload.draining).toEqual([it.pools[1]])
  drained()
  await vi.waitFor(() => { expect(it.pools[1]?.closed).toBe(true) })
})

test('a pool that comes back while it drains, and whose Redis is away, changes nothing', async () => {
  const it = running(START.replace('there', 'nowhere'))
  Object.assign(it.pools[1] ?? {}, { ready: false })
  it.holdDrain()
  it.write('pool pool1 here\npool pool2 nowhere\nrule 1 pool1\n')
  await it.reload.run('command')
  it.write(START.replace('there', 'nowhere'))
  expect(await it.reload.run('command')).toMatchObject({ result: 'rejected', reason: 'the Redis of pool2 (rules.conf:2) is not there: no answer within 5 s' })
  expect(it.reload.draining).toEqual([it.pools[1]])
})

test('a file that is gone changes nothing', async () => {
  const it = running(START)
  it.remove()
  const report = await it.reload.run('signal')
  expect(report).toMatchObject({ result: 'rejected', reason: 'rules.conf cannot be read: no such file' })
})

test('what needs a restart is reported until it is changed back, and stays as it was started', async () => {
  const it = running(START)
  it.write(`node n2\n${START}`)
  expect((await it.reload.run('signal')).restart).toEqual(['node.name'])
  it.write(`node n2\n${START}rule 3 pool1\n`)
  expect((await it.reload.run('signal')).restart).toEqual(['node.name'])
  expect(it.swaps.at(-1)?.program.settings.nodeName).toBe('n1')
  it.write(START)
  expect((await it.reload.run('signal')).restart).toEqual([])
})

test('reloads run one after another, and all that come while one runs are one', async () => {
  const it = running(START)
  const read = it.holdRead()
  const first = it.reload.run('watch')
  const second = it.reload.run('signal')
  const third = it.reload.run('watch')
  expect(it.reads()).toBe(1)
  read()
  expect(await first).not.toBe(await second)
  expect(await second).toBe(await third)
  expect(it.reads()).toBe(2)
  expect(it.reports).toHaveLength(2)
})

test('a reload asked for on the heels of one that ends does not run beside the next', async () => {
  const it = running(START)
  const read = it.holdRead()
  const heels = it.reload.run('watch').then(() => it.reload.run('signal'))
  const next = it.reload.run('watch')
  read()
  expect(await heels).toBe(await next)
})

test('stopping lets a reload finish, refuses others, and closes all pools', async () => {
  const it = running(START)
  it.holdDrain()
  it.write(START.replace('there', 'elsewhere'))
  const last = it.reload.run('signal')
  await it.reload.stop()
  expect(await last).toMatchObject({ result: 'applied' })
  expect(await it.reload.run('signal')).toMatchObject({ result: 'rejected', reason: 'hookline is stopping' })
  await it.reload.closePools()
  expect(it.pools.map(pool => pool.closed)).toEqual([true, true, true])
})

interface Running {
  readonly reload: Reload
  /** Every pool ever opened, those of the start first. */
  readonly pools: FakePool[]
  /** What the runtime was given, the start first. */
  readonly swaps: { readonly program: Program, readonly pools: ReadonlyMap<string, unknown> }[]
  readonly reports: ReloadReport[]
  /** Pools that the runtime was told to expect nothing of any more. */
  readonly abandoned: unknown[]
  write(text: string): void
  remove(): void
  /** How often the files were read. */
  reads(): number
  /** So many at one time, at most. */
  readsAtOnce(): number
  /** Lets the next read wait; returns what lets it go on. */
  holdRead(): () => void
  /** Lets the draining of every pool wait; returns what lets it go on. */
  holdDrain(): () => void
  pass(ms: number): void
}

function running(text: string): Running {
  const pools: FakePool[] = []
  const swaps: Running['swaps'] = []
  const reports: ReloadReport[] = []
  const abandoned: unknown[] = []
  const timers = new Set<{ at: number, callback: () => void }>()
  let snapshot: Snapshot = { readable: true, sources: sourcesOf(text) }
  let reads = 0
  let reading = 0
  let readsAtOnce = 0
  let readGate = Promise.resolve()
  let drainGate = Promise.resolve()
  let now = 0

  const open = (spec: FakePool['spec']): FakePool => {
    const pool = fakePool(spec)
    pools.push(pool)
    return pool
  }
  const { program } = fakeCompile(sourcesOf(text))
  if (program === undefined) throw new Error('the text at start has errors')
  const first = new Map<string, OpenPool>([...program.pools].map(([name, spec]) => [name, open(spec)]))
  swaps.push({ program, pools: first })

  const reload = createReload({
    first: { number: 1, sources: sourcesOf(text), program, pools: first },
    async readSources() {
      reads += 1
      reading += 1
      readsAtOnce = Math.max(readsAtOnce, reading)
      await readGate
      reading -= 1
      return snapshot
    },
    compile: fakeCompile,
    openPool: async spec => open(spec),
    runtime: {
      swap(next, nextPools) { swaps.push({ program: next, pools: nextPools }) },
      drained: () => drainGate,
      abandon(pool) { abandoned.push(pool) },
    },
    clock: {
      now: () => now,
      after(ms, callback) {
        const timer = { at: now + ms, callback }
        timers.add(timer)
        return () => { timers.delete(timer) }
      },
    },
    log: silentLog,
    onReport(report) { reports.push(report) },
  })

  return {
    reload,
    pools,
    swaps,
    reports,
    abandoned,
    write(changed) { snapshot = { readable: true, sources: sourcesOf(changed) } },
    remove() { snapshot = { readable: false, file: 'rules.conf', reason: 'no such file' } },
    reads: () => reads,
    readsAtOnce: () => readsAtOnce,
    holdRead() {
      const { promise, release } = gate()
      readGate = promise
      return release
    },
    holdDrain() {
      const { promise, release } = gate()
      drainGate = promise
      return release
    },
    pass(ms) {
      now += ms
      for (const timer of timers) {
        if (timer.at > now) continue
        timers.delete(timer)
        timer.callback()
      }
    },
  }
}

function sourcesOf(text: string): { name: string, text: string }[] {
  return [{ name: 'rules.conf', text }]
}

function gate(): { readonly promise: Promise<void>, readonly release: () => void } {
  let release = (): void => {}
  const promise = new Promise<void>(resolve => { release = resolve })
  return { promise, release }
}
