import { stripVTControlCharacters } from 'node:util'

/** Columns of a terminal. */
const WIDTH = 100

/** In lines of the terminal's width, all but the first indented. Colours take no room. */
export function wrapped(text: string, indent: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/(?<=\S) /)) {
    if (line !== '' && stripVTControlCharacters(`${line} ${word}`).length > WIDTH) {
      lines.push(line)
      line = `${indent}${word}`
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join('\n')
}
