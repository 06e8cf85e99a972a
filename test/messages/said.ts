import { connectionClause } from '../../src/store/failure.ts'
import { EmbeddedFailure } from '../../src/store/embedded.ts'
import type { Listener } from '../../src/language/settings.ts'
import type { PoolSpec } from '../../src/plan/program.ts'
import { ListenError } from '../../src/server/runtime-port.ts'
import { cannotListen, poolNotThere } from '../../src/server/start-failure.ts'
import { statusText } from '../../src/cli/status-text.ts'
import { STATUS } from './stand-in.ts'

/** What a command says where no test can bring it about; the code says it all the same. */
export const SAID: readonly { readonly name: string, readonly text: () => string }[] = [
  { name: 'said-reserved-port', text: () => listening('EACCES', 883) },
  { name: 'said-no-such-host', text: () => listening('ENOTFOUND', 1883) },
  { name: 'said-default-port-taken', text: () => cannotListen(new ListenError(LISTENER, coded('EADDRINUSE')), 'rules.conf').message },
  { name: 'said-no-server', text: () => poolNotThere({ ok: false, spec: SPEC, error: NO_SERVER, clause: NO_SERVER.message }, 10).message },
  { name: 'said-why-no-redis', text: () => WHY_NO_REDIS.map(code => `${code}: ${connectionClause(coded(code))}`).join('\n') },
  { name: 'said-pool-drains', text: () => statusText({ ...STATUS, pools: [{ ...POOL, draining: true }] }, Date.parse(STATUS.startedAt)) },
]

/** What Node and OpenSSL call it. `start`, `reload` and `status` say it as a clause behind "not there", "rejected" and "away". */
const WHY_NO_REDIS = [
  'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT', 'EACCES', 'ETIMEDOUT',
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_GET_ISSUER_CERT',
  'CERT_SIGNATURE_FAILURE', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
]

const LISTENER: Listener = {
  kind: 'tcp', name: 'external', address: { host: '127.0.0.1', port: 1883 }, path: undefined, tls: undefined, maxConnections: 1_000, maxConnRate: 1_000, origins: undefined, at: undefined,
}

function listening(code: string, port: number): string {
  const at = { file: 'rules.conf', line: 3 }
  return cannotListen(new ListenError({ ...LISTENER, address: { host: 'here', port }, at }, coded(code)), 'rules.conf').message
}

function coded(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code })
}

const SPEC: PoolSpec = {
  name: 'pool1', type: 'single', server: 'embedded', sentinel: undefined, poolSize: 8, database: 0, username: undefined, password: undefined,
  channel: 'mqtt_channel', onFailure: 'hold', tls: undefined, waitReplicas: 0, at: { file: 'rules.conf', line: 1 },
}

const NO_SERVER = new EmbeddedFailure('no-server', 'neither redis-server nor valkey-server is installed: apt-get install redis-server')

const POOL = {
  name: 'pool1', type: 'single', address: ['127.0.0.1:6379'], database: 0, connected: true, away: null, pendingBytes: 0, waiting: 0, sent: 0, draining: false,
} as const
