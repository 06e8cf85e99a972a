import type { Fix } from '../diagnostic.ts'

interface SecretKind {
  /** Of a line that may hold one: looking back from each of its characters takes much longer. */
  readonly line: RegExp
  readonly secret: RegExp
}

/** What stands after the `=` of a password, before the `@` of an address that has one, and in a command that is given one. */
const SECRETS: readonly SecretKind[] = [
  {
    line: /^[^={"]*password/i,
    // A dot would end at some control characters. Also where the `=` is missing. A reference only says where the secret is.
    secret: /(?<=^[^={"]*password(?:[ \t]*=[ \t]*|:?[ \t]+(?!=)))(?!\$\{(?:env|file):[^}]*\}\s*$)\S[^]*/i,
  },
  { line: /^[^={"]*server/i, secret: /(?<=^[^={"]*server[ \t]*[=: \t][^]*)[^\s,/=]*:[^\s@]*(?=@)/i },
  { line: /"(?:AUTH|HELLO|CONFIG|ACL|MIGRATE) /i, secret: /(?<="(?:AUTH|HELLO \d AUTH|CONFIG SET (?:requirepass|masterauth)|ACL SETUSER \S+|MIGRATE [^"]* AUTH2?) )[^"]+/gi },
]

/** The line as it may be shown; what stands before a secret keeps its column. */
export function withoutSecrets(text: string): string {
  return SECRETS.reduce((shown, { line, secret }) => line.test(shown) ? shown.replace(secret, '***') : shown, text)
}

/** To be shown, the fix would have to be another: it writes a line with a secret anew. */
export function holdsSecret({ edits }: Fix): boolean {
  return edits.some(({ text }) => text.split('\n').some(line => withoutSecrets(line) !== line || withoutSecrets(`"${line}`) !== `"${line}`))
}
