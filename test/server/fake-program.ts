import type { Compiled, Source } from '../../src/compile.ts'
import type { Diagnostic } from '../../src/diagnostic/diagnostic.ts'
import type { PoolSpec, Program, Step } from '../../src/plan/program.ts'

/**
 * A stand-in for the compiler, with lines `pool NAME HOST [SIZE]`, `rule NUMBER POOL`, `node NAME`,
 * comments, and errors for all else.
 */
export function fakeCompile(sources: readonly Source[]): Compiled {
  const pools = new Map<string, PoolSpec>()
  const steps: Step[] = []
  const diagnostics: Diagnostic[] = []
  const lines: string[] = []
  let nodeName = 'n1'
  for (const { name: file, text } of sources) {
    for (const [index, line] of text.split('\n').entries()) {
      if (line === '' || line.startsWith('#')) continue
      lines.push(line)
      const at = { file, line: index + 1 }
      const [kind, first = '', second = '', third = '8'] = line.split(' ')
      if (kind === 'pool') pools.set(first, poolSpec(first, { host: second, poolSize: Number(third), at }))
      else if (kind === 'rule') steps.push(step(first, second, at))
      else if (kind === 'node') nodeName = first
      else diagnostics.push(syntaxError(line, at))
    }
  }
  if (diagnostics.length > 0) return { program: undefined, diagnostics }
  return { program: fakeProgram(lines.join('\n'), nodeName, pools, steps), diagnostics }
}

function fakeProgram(hash: string, nodeName: string, pools: Map<string, PoolSpec>, steps: readonly Step[]): Program {
  return {
    hash,
    pools,
    settings: {
      nodeName, dataDir: undefined, listeners: [], maxInflight: 32, maxMqueueLen: 1000,
      maxPacketSize: 1_048_576, maxClientidLen: 65_535, maxTopicLevels: 128, maxSubscriptions: 10_000, sessionExpiryMs: 7_200_000,
      maxSessions: 100_000, idleTimeoutMs: 15_000, eventsKeep: 5_000, eventsKeepPayload: false,
    },
    steps: {
      'client.connected': [],
      'client.disconnected': [],
      'session.created': [],
      'session.subscribed': [],
      'session.unsubscribed': [],
      'message.publish': steps,
      'message.delivered': [],
      'message.acked': [],
    },
  }
}

function poolSpec(name: string, { host, poolSize, at }: { readonly host: string, readonly poolSize: number, readonly at: PoolSpec['at'] }): PoolSpec {
  return {
    name,
    type: 'single',
    server: [{ host, port: 6379 }],
    sentinel: undefined,
    poolSize,
    database: 0,
    username: undefined,
    password: undefined,
    channel: 'mqtt_channel',
    onFailure: 'hold',
    tls: undefined,
    waitReplicas: 0,
    at,
  }
}

function step(number: string, pool: string, at: Step['at']): Step {
  const action = { kind: 'function', name: 'on_message_publish' } as const
  return { hook: 'message.publish', number, at, filter: '#', pool, expirySeconds: undefined, action }
}

function syntaxError(line: string, { file, line: number }: Step['at']): Diagnostic {
  const span = {
    file,
    start: { line: number, column: 1, offset: 0 },
    end: { line: number, column: line.length + 1, offset: line.length },
  }
  return { check: 'syntax', severity: 'error', message: 'a broken line', span }
}
