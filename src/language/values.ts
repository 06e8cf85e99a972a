import { isIPv6 } from 'node:net'
import type { Address } from '../plan/program.ts'

/** A kind of value that a setting takes. */
export interface ValueKind<T> {
  /** What it is, to follow "is": `a whole number from 1 to 1024`. */
  readonly expects: string
  /** Nothing if the text is no such value. */
  read(text: string): T | undefined
  /** As it is written in a file. */
  write(value: T): string
}

export const anyText: ValueKind<string> = { expects: 'a text', read: text => text, write: text => text }

/** No blank in it, so that it can stand in a key or an address. */
export const oneWord: ValueKind<string> = {
  expects: 'a text without blanks',
  read: text => /\s/.test(text) ? undefined : text,
  write: text => text,
}

/** Of a URL, without a query. */
export const urlPath: ValueKind<string> = {
  expects: 'the path of a URL, such as `/mqtt`',
  read: text => /^\/[^\s?#]*$/.test(text) ? text : undefined,
  write: text => text,
}

export function wholeNumber(least: number, most: number): ValueKind<number> {
  return {
    expects: `a whole number from ${least} to ${most}`,
    read(text) {
      const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
      return value >= least && value <= most ? value : undefined
    },
    write: String,
  }
}

/** A whole number of which 0 says "no limit", as in EMQ X, and more than `most` is taken as that: there always is one. */
export function limitUpTo(most: number): ValueKind<number> {
  const number = wholeNumber(0, 65_535)
  return {
    expects: number.expects,
    read(text) {
      const value = number.read(text)
      return value === 0 ? most : value === undefined ? undefined : Math.min(value, most)
    },
    write: String,
  }
}

export function oneOf<const T extends string>(...names: readonly T[]): ValueKind<T> {
  return { expects: names.map(name => `\`${name}\``).join(' or '), read: text => names.find(name => name === text), write: name => name }
}

/** EMQ X's flags; it takes `true` and `false` too. */
export const onOrOff: ValueKind<boolean> = {
  expects: '`on` or `off`',
  read(text) {
    if (text === 'on' || text === 'true') return true
    return text === 'off' || text === 'false' ? false : undefined
  },
  write: value => value ? 'on' : 'off',
}

/** Milliseconds. */
const UNITS: Readonly<Record<string, number>> = {
  w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1,
}

/** Milliseconds of `30s`, `1h30m`: numbers with units, as EMQ X writes them. Bounds in milliseconds too. */
export function duration(least: number, most: number): ValueKind<number> {
  return {
    expects: `a duration such as \`30s\` or \`1h30m\`, from ${least} ms to ${most / 1_000} s`,
    read(text) {
      if (!/^(?:\d+(?:ms|[wdhms]))+$/.test(text)) return undefined
      let sum = 0
      for (const [, count, unit] of text.matchAll(/(\d+)(ms|[wdhms])/g)) sum += Number(count) * (UNITS[unit ?? ''] ?? 0)
      return sum >= least && sum <= most ? sum : undefined
    },
    write: value => inUnits(value, UNITS),
  }
}

const BYTES: Readonly<Record<string, number>> = { '': 1, KB: 1_024, MB: 1_024 ** 2, GB: 1_024 ** 3 }

/** Bytes of `512KB`, `2MB`, or a plain number, as EMQ X writes them. */
export function size(least: number, most: number): ValueKind<number> {
  return {
    expects: `a size such as \`512KB\` or \`2MB\`, at most ${most} bytes`,
    read(text) {
      const [, count, unit] = /^(\d+)([KMG]B)?$/i.exec(text) ?? []
      const bytes = Number(count) * (BYTES[(unit ?? '').toUpperCase()] ?? 0)
      return bytes >= least && bytes <= most ? bytes : undefined
    },
    write: value => inUnits(value, BYTES),
  }
}

/** With the largest unit of which it is a whole number. */
function inUnits(value: number, units: Readonly<Record<string, number>>): string {
  const [unit, one] = Object.entries(units).filter(([, size]) => value % size === 0).sort(([, a], [, b]) => b - a)[0] ?? ['', 1]
  return `${value / one}${unit}`
}

/** An address of a Redis; its port is absent where the text gives none. */
export interface ServerAddress {
  readonly host: string
  readonly port: number | undefined
}

/** `embedded`, or addresses separated by commas. */
export const servers: ValueKind<'embedded' | readonly ServerAddress[]> = {
  expects: '`embedded`, `host`, `host:port` or `[IPv6]:port`, several of them separated by commas',
  read(text) {
    if (text === 'embedded') return 'embedded'
    const addresses: ServerAddress[] = []
    for (const part of text.split(',')) {
      const address = readAddress(part.trim())
      if (address === undefined || address.port === 0) return undefined
      addresses.push(address)
    }
    return addresses
  },
  write: value => value === 'embedded' ? value : value.map(writeAddress).join(','),
}

/** What a browser says of a page: scheme and host, and a port that is not the scheme's. */
export const origins: ValueKind<readonly string[]> = {
  expects: 'origins of pages, such as `https://example.com`, several of them separated by commas',
  read(text) {
    const found = text.split(',').map(part => part.trim().toLowerCase())
    return found.every(origin => /^[a-z][a-z0-9+.-]*:\/\/[^\s/]+$/.test(origin)) ? found : undefined
  },
  write: value => value.join(','),
}

/** Where a listener with a bare port listens: wider than this machine is a deliberate line (SPEC 6). */
const LOOPBACK = '127.0.0.1'

/** `host:port`, `port`, or `off`. */
export const listenAddress: ValueKind<Address | 'off'> = {
  expects: '`host:port`, a port, or `off`',
  read(text) {
    if (text === 'off') return 'off'
    const bare = readPort(text)
    if (bare !== undefined) return { host: LOOPBACK, port: bare }
    const address = readAddress(text)
    return address?.port === undefined ? undefined : { host: address.host, port: address.port }
  },
  write: value => value === 'off' ? value : writeAddress(value),
}

function writeAddress({ host, port }: ServerAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${port}`}`
}

function readAddress(text: string): ServerAddress | undefined {
  const { v6, name, port } = /^(?:\[(?<v6>[^\]]*)\]|(?<name>[A-Za-z0-9._-]+))(?::(?<port>\d+))?$/.exec(text)?.groups ?? {}
  const host = v6 ?? name
  if (host === undefined || (v6 !== undefined && !isIPv6(v6))) return undefined
  if (port === undefined) return { host, port: undefined }
  const number = readPort(port)
  return number === undefined ? undefined : { host, port: number }
}

function readPort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  return port <= 65_535 ? port : undefined
}
