import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How long the one thread of this process was busy, or was not given a processor, before it came to what waited. */
export interface EventLoopLook {
  readonly longestStallMs: number
  readonly p99StallMs: number
}

/** Between two turns that are timed; a stall adds to it. Milliseconds. */
const TURN_MS = 10
const NS = 1e6

/** Watches from now on, until the process ends; costs a timer. */
export function watchEventLoop(): () => EventLoopLook {
  const turns = monitorEventLoopDelay({ resolution: TURN_MS })
  turns.enable()
  const stall = (ns: number): number => Math.max(0, Math.round(ns / NS - TURN_MS))
  return () => ({ longestStallMs: stall(turns.max), p99StallMs: stall(turns.percentile(99)) })
}
