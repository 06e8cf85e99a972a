/** Milliseconds since 1970 as they were when this process began: whoever sets the machine's clock does not set this one. */
export function steadyNow(): number {
  return performance.timeOrigin + performance.now()
}
