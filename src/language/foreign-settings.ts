// Settings of EMQ X's broker that hookline does not have ("EMQ X 4.4 configuration"). A file that
// has them runs: they are said, and have no effect.

/** First words of keys that are EMQ X's as a whole. */
const SECTIONS = new Set([
  'zone', 'log', 'cluster', 'rpc', 'broker', 'sysmon', 'os_mon', 'vm_mon', 'alarm', 'auth', 'acl', 'module', 'modules', 'plugins', 'bridge',
  'dashboard', 'retainer', 'rule_engine', 'web', 'exhook', 'exproto', 'gateway', 'coap', 'lwm2m', 'stomp', 'mqttsn', 'prometheus', 'telemetry',
  'recon', 'psk', 'sasl', 'lua_hook',
])

/** Keys of one word. */
const WORDS = new Set([
  'allow_anonymous', 'acl_nomatch', 'acl_file', 'enable_acl_cache', 'acl_cache_max_size', 'acl_cache_ttl', 'acl_deny_action',
  'flapping_detect_policy',
])

const NODE = new Set([
  'cookie', 'heartbeat', 'async_threads', 'process_limit', 'max_ports', 'dist_buffer_size', 'max_ets_tables', 'global_gc_interval',
  'fullsweep_after', 'crash_dump', 'crash_dump_seconds', 'crash_dump_bytes', 'ssl_dist_optfile', 'dist_net_ticktime', 'dist_listen_min',
  'dist_listen_max', 'backtrace_depth', 'proto_dist', 'kernel_poll', 'etc_dir', 'lib_dir', 'run_dir', 'log_dir',
])

const MQTT = new Set([
  'max_qos_allowed', 'max_topic_alias', 'retain_available', 'wildcard_subscription', 'shared_subscription', 'ignore_loop_deliver',
  'strict_mode', 'response_information', 'server_keepalive', 'keepalive_backoff', 'upgrade_qos', 'retry_interval',
  'max_awaiting_rel', 'await_rel_timeout', 'mqueue_priorities', 'mqueue_default_priority', 'mqueue_store_qos0',
  'use_username_as_clientid', 'mountpoint', 'bypass_auth_plugins', 'mqueue_type',
])

const LISTENER = new Set([
  'acceptors', 'max_clients', 'active_n', 'zone', 'rate_limit', 'access', 'proxy_protocol',
  'proxy_protocol_timeout', 'peer_cert_as_username', 'peer_cert_as_clientid', 'backlog', 'send_timeout', 'send_timeout_close', 'recbuf',
  'sndbuf', 'buffer', 'tune_buffer', 'high_watermark', 'nodelay', 'reuseaddr', 'tls_versions', 'ciphers', 'psk_ciphers', 'handshake_timeout',
  'depth', 'key_password', 'dhfile', 'cacertfile', 'verify', 'fail_if_no_peer_cert', 'secure_renegotiate', 'reuse_sessions',
  'honor_cipher_order', 'mqtt_path', 'mqtt_piggyback', 'compress', 'deflate_opts', 'idle_timeout', 'max_frame_size', 'verify_protocol_header',
  'allow_origin_absence', 'fail_if_no_subprotocol', 'supported_subprotocols',
  'proxy_address_header', 'proxy_port_header', 'proxy_ipaddress_header', 'enable_ocsp_stapling', 'enable_crl_check',
])

const REDIS_POOL = new Set(['query_timeout', 'auto_reconnect', 'cacertfile', 'query_mode', 'cluster', 'keepalive'])

/** The key is one of EMQ X's broker, and not one of ours. */
export function isForeign(words: readonly string[]): boolean {
  const [first = '', second = '', third = '', fourth = ''] = words
  if (words.length === 1) return WORDS.has(first)
  if (SECTIONS.has(first)) return true
  switch (first) {
    case 'node': return NODE.has(second)
    case 'mqtt': return MQTT.has(second)
    case 'listener': return words.length > 3 && LISTENER.has(fourth)
    case 'management': return second !== 'listener' || words.length > 3 || third !== 'http'
    case 'backend': return second === 'redis' ? REDIS_POOL.has(fourth) || (fourth === 'ssl' && words.length > 4) : OTHER_BACKENDS.has(second)
    default: return false
  }
}

const OTHER_BACKENDS = new Set([
  'mysql', 'pgsql', 'mongo', 'mongodb', 'cassa', 'cassandra', 'dynamo', 'influxdb', 'opentsdb', 'timescale', 'oracle', 'sqlserver', 'clickhouse', 'tdengine', 'kafka',
])
