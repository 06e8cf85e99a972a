/** What is measured, as rows; a column of the table each. */
export const METRICS = {
  brokerUs: { head: 'broker µs/msg', digits: 1, what: 'CPU of the broker process for each message: all its threads, without Redis' },
  perSecond: { head: 'msg/s', digits: 0, what: 'messages in a second, until the last one is acknowledged and delivered' },
  ackP50Ms: { head: 'ack p50 ms', digits: 2, what: 'from sending to the acknowledgement, half of the messages' },
  ackP99Ms: { head: 'ack p99 ms', digits: 2, what: 'the same, 99 of 100' },
  deliveryP50Ms: { head: 'delivery p50 ms', digits: 2, what: 'from sending to the subscriber, half of the messages' },
  deliveryP99Ms: { head: 'delivery p99 ms', digits: 2, what: 'the same, 99 of 100' },
  redisUs: { head: 'Redis µs/msg', digits: 1, what: 'CPU of the Redis process for each message' },
  loadUs: { head: 'load µs/msg', digits: 1, what: 'CPU of the load process for each message' },
  peakMiB: { head: 'peak MiB', digits: 0, what: 'the most memory that the broker process has had since it began' },
  growthMiB: { head: 'growth MiB', digits: 0, what: 'the most memory that the broker process had, less what it had before' },
  perConnectionKiB: { head: 'KiB/connection', digits: 1, what: 'memory of the broker process for each connection' },
  readyMs: { head: 'ready ms', digits: 0, what: 'from the start of the process until it takes connections' },
  reloads: { head: 'reloads', digits: 0, what: 'how often the rules were taken over meanwhile' },
  lost: { head: 'lost', digits: 0, what: 'deliveries that did not come; QoS 0 may lose' },
} as const satisfies Record<string, Metric>

export interface Metric {
  /** Of its column. */
  readonly head: string
  readonly digits: number
  readonly what: string
}

export type MetricName = keyof typeof METRICS

/** What one phase of one run came to. A metric that says nothing there is absent. */
export type Values = Readonly<Partial<Record<MetricName, number>>>
