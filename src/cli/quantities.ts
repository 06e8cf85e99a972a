/** Such as `2 rules`. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

const UNITS = [['d', 86_400], ['h', 3_600], ['min', 60]] as const

/** The two largest units of a number of seconds, such as `2 h 13 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const at = UNITS.findIndex(([, size]) => whole >= size)
  const unit = UNITS[at]
  if (unit === undefined) return `${whole} s`
  const [name, size] = unit
  const [smaller, smallerSize] = UNITS[at + 1] ?? ['s', 1]
  return `${Math.floor(whole / size)} ${name} ${Math.floor(whole % size / smallerSize)} ${smaller}`
}

const BYTES = [['GB', 1e9], ['MB', 1e6], ['kB', 1e3]] as const

/** Such as `12 kB`. */
export function bytes(count: number): string {
  const [name, size] = BYTES.find(([, least]) => count >= least) ?? ['B', 1]
  return `${(count / size).toFixed(size > 1 && count < 10 * size ? 1 : 0)} ${name}`
}
