import type { Log } from '../../src/engine/log-port.ts'

export const silentLog: Log = { info() {}, warn() {}, error() {} }
