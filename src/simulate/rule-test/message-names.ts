import { TEST_BOOT } from '../simulated-broker.ts'

const MSGID = new RegExp(`[0-9A-Za-z]{9}${TEST_BOOT}`, 'g')
const NAME = /<([\w-]+)>/g

/** The messages of a case by the names that its file has for them. */
export class MessageNames {
  readonly #names = new Map<string, string>()
  readonly #ids = new Map<string, string>()
  #next: string | undefined
  #count = 0

  /** The next message has this name, in place of m1, m2 and so on. */
  callNext(name: string | undefined): void {
    this.#next = name
  }

  add(msgid: string): void {
    this.#count += 1
    const name = this.#next ?? `m${this.#count}`
    this.#next = undefined
    this.#names.set(msgid, name)
    this.#ids.set(name, msgid)
  }

  /** The id of a name; undefined: no message is called so. */
  idOf(name: string): string | undefined {
    return this.#ids.get(name)
  }

  /** A text with names in place of ids. */
  shown(text: string): string {
    return text.replace(MSGID, (id) => {
      const name = this.#names.get(id)
      return name === undefined ? id : `<${name}>`
    })
  }

  /** A text with ids in place of names; what is no name stays. */
  filledIn(text: string): string {
    return text.replace(NAME, (written, name: string) => this.#ids.get(name) ?? written)
  }
}
