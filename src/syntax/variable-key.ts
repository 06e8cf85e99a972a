import { variableNamed } from '../language/variable-name.ts'
import type { Key } from './ast.ts'

/** The key of the setting that a variable is, its words at their places in the variable's name; one that is none stays as it is. */
export function variableKey(key: Key): Key {
  const name = key.words.map(({ text }) => text).join('.')
  const words = variableNamed(name)?.words.map(({ text, at }) => {
    const { file, start: { line, column, offset } } = key.span
    const place = (distance: number) => ({ line, column: column + distance, offset: offset + distance })
    return { text, span: { file, start: place(at), end: place(at + text.length) } }
  })
  return words === undefined ? key : { words, span: key.span }
}
