import type { Fix } from '../diagnostic.ts'

/** Lines that may hold a secret; what stands after the `=` of a password, before the `@` of an address that has one, and in a command that is given one. */
const SECRETS: readonly RegExp[] = [
  // A dot would end at some control characters. Also where the `=` is missing. A reference only says where the secret is.
  /(?<=^[^={"]*password(?:[ \t]*=[ \t]*|:?[ \t]+(?!=)))(?!\$\{(?:env|file):[^}]*\}\s*$)\S[^]*/i,
  /(?<=^[^={"]*server[ \t]*[=: \t][^]*)[^\s,/=]*:[^\s@]*(?=@)/i,
  /(?<="(?:AUTH|HELLO \d AUTH|CONFIG SET (?:requirepass|masterauth)|ACL SETUSER \S+|MIGRATE [^"]* AUTH2?) )[^"]+/gi,
]

/** The line as it may be shown; what stands before a secret keeps its column. */
export function withoutSecrets(line: string): string {
  return SECRETS.reduce((text, secret) => text.replace(secret, '***'), line)
}

/** To be shown, the fix would have to be another: it writes a line with a secret anew. */
export function holdsSecret({ edits }: Fix): boolean {
  return edits.some(({ text }) => text.split('\n').some(line => withoutSecrets(line) !== line || withoutSecrets(`"${line}`) !== `"${line}`))
}
