const ZERO = 48
const BLANK = 32
const DASH = 45

/** Whole numbers of a text, separated by blanks, `-` for none: replies of scripts hold several for each message. */
export class WholeNumbers {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** None is left. */
  get ended(): boolean {
    return this.#at >= this.#text.length
  }

  /** Undefined for `-`, and when they have ended. */
  next(): number | undefined {
    const text = this.#text
    let at = this.#at
    if (at >= text.length) return undefined
    let value = 0
    let code = text.charCodeAt(at)
    const isNone = code === DASH
    while (at < text.length && code !== BLANK) {
      value = value * 10 + code - ZERO
      code = text.charCodeAt(++at)
    }
    this.#at = at + 1
    return isNone ? undefined : value
  }
}
