/** What the conductor may ask of the load process, one order at a time. */
export type Order =
  | { readonly do: 'connect', readonly connect: Connections }
  | { readonly do: 'publish', readonly publish: Publishing }
  | { readonly do: 'park', readonly session: Session }
  | { readonly do: 'fetch', readonly session: Session, readonly messages: number }
  | { readonly do: 'storm', readonly port: number, readonly connections: number }
  | { readonly do: 'idle', readonly port: number, readonly connections: number }
  | { readonly do: 'pipeline', readonly redisPort: number, readonly first: number, readonly messages: number }

/** An order's answer, or why there is none. */
export type Answer = { readonly ok: true, readonly figures: LoadFigures } | { readonly ok: false, readonly error: string }

export type Qos = 0 | 1 | 2

/** The connections that everything after uses. */
export interface Connections {
  readonly port: number
  readonly publishers: {
    readonly count: number
    readonly qos: Qos
    /** A publisher sends to each of them in turn; `{n}` is its own number, from 0. */
    readonly topics: readonly string[]
    readonly payloadBytes: number
    readonly retain: boolean
    /** Messages that one connection has under way at most. */
    readonly inFlight: number
    /** When a message is no longer under way: its acknowledgement is here, or all subscribers have it too. */
    readonly until: 'acked' | 'delivered'
  }
  readonly subscribers: {
    readonly count: number
    readonly qos: Qos
    /** Without: the session outlives the connection. */
    readonly clean: boolean
    readonly filter: string
    /** How long it thinks about what it has received before it acknowledges. Milliseconds. */
    readonly ackDelayMs: number
  }
}

export interface Publishing {
  /** Ends after so many messages or milliseconds, whatever comes first; what is under way then is waited for. */
  readonly messages: number
  readonly forMs: number
  /** All publishers together; 0 is as many as the broker takes. */
  readonly perSecond: number
}

/** A session that outlives its connection, with one subscription of QoS 1. */
export interface Session {
  readonly port: number
  readonly clientid: string
  readonly filter: string
}

/** What a load process has seen while it carried out an order. */
export interface LoadFigures {
  /** Messages, or connections. */
  readonly messages: number
  /** Copies that subscribers were to get, and got. */
  readonly owed: number
  readonly delivered: number
  readonly seconds: number
  /** From sending to the last packet of the acknowledgement; NaN where nothing is acknowledged. Milliseconds. */
  readonly ackP50Ms: number
  readonly ackP99Ms: number
  /** From the publisher's sending to the subscriber. Milliseconds. */
  readonly deliveryP50Ms: number
  readonly deliveryP99Ms: number
}

/** Of something that has no times of its own. */
export function noFigures(messages: number): LoadFigures {
  return {
    messages, owed: 0, delivered: 0, seconds: Number.NaN,
    ackP50Ms: Number.NaN, ackP99Ms: Number.NaN, deliveryP50Ms: Number.NaN, deliveryP99Ms: Number.NaN,
  }
}
