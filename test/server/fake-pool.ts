import type { OpenPool } from '../../src/engine/reload-ports.ts'
import type { PoolSpec } from '../../src/plan/program.ts'

export interface FakePool extends OpenPool {
  readonly spec: PoolSpec
  closed: boolean
  /** The settings that it went over to. */
  readonly renewals: PoolSpec[]
}

/** A pool without a Redis. One on the host `nowhere` is never ready. */
export function fakePool(spec: PoolSpec): FakePool {
  const unused = (): never => { throw new Error('not part of this test') }
  return {
    name: spec.name,
    spec,
    ready: true,
    pendingBytes: 0,
    clockOffsetMs: 0,
    closed: false,
    server: undefined,
    renewals: [],
    renew(next) { this.renewals.push(next) },
    acking: new Set<string>(),
    async whenReady(timeoutMs) {
      const nowhere = spec.server !== 'embedded' && spec.server.some(({ host }) => host === 'nowhere')
      if (nowhere) throw new Error(`no answer within ${timeoutMs / 1000} s`)
    },
    async drained() {},
    async close() { this.closed = true },
    submit: unused,
    page: unused,
    bodies: unused,
    retained: unused,
    latest: unused,
    proxySubscriptions: unused,
    presentClients: unused,
    topics: unused,
    changedTopics: unused,
  }
}
