// An asciinema v2 recording as an SVG: all that it shows, one row below the other, each appearing when
// its time has come; whoever wants no motion, or prints it, sees all of it at once.
// `node scripts/session-svg.mjs FILE.cast` writes it to stdout.
import { readFileSync } from 'node:fs'
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'

/** Pixels. */
const SIZE = { font: 13, column: 7.8, row: 18, margin: 16, head: 26 }

/** The colours of a dark terminal, by the number of SGR (ECMA-48, 8.3.117). */
const COLOURS = {
  30: '#6e7681', 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 34: '#79c0ff', 35: '#d2a8ff', 36: '#76e3ea', 37: '#c9d1d9', 90: '#8b949e',
}
const TEXT = '#c9d1d9'
const GROUND = '#0d1117'
/** What was typed stands out from what was printed, and what is said to the reader from both. */
const TYPED = '#ffffff'
const SAID = '#8b949e'
const PROMPT = '$ '

/** The SVG of a recording. */
export function svgOf(cast) {
  const [header, ...events] = cast.trimEnd().split('\n').map(line => JSON.parse(line))
  const rows = rowsOf(events, header.width)
  const width = Math.ceil(header.width * SIZE.column + 2 * SIZE.margin)
  const height = rows.length * SIZE.row + 2 * SIZE.margin + SIZE.head
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(header.title)}">
<title>${escaped(header.title)}</title>
<style>
text { font: ${SIZE.font}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: ${TEXT}; white-space: pre; }
.b { font-weight: bold; } .d { opacity: .7; }
@media screen and (prefers-reduced-motion: no-preference) { text { animation: 1ms both appear; } }
@keyframes appear { from { visibility: hidden; } to { visibility: visible; } }
</style>
<rect width="100%" height="100%" rx="8" fill="${GROUND}"/>
${['#ff5f57', '#febc2e', '#28c840'].map((fill, i) => `<circle cx="${SIZE.margin + 6 + 20 * i}" cy="${SIZE.margin + 2}" r="6" fill="${fill}"/>`).join('')}
${rows.map((row, i) => textOf(row, SIZE.margin + SIZE.head + (i + 1) * SIZE.row - 5)).filter(text => text !== '').join('\n')}
</svg>
`
}

function textOf({ runs, time }, y) {
  if (runs.every(({ text }) => text.trim() === '')) return ''
  const spans = runs.map(({ text, column, length, colour, bold, dim }) => {
    const classes = [bold && 'b', dim && 'd'].filter(Boolean).join(' ')
    return `<tspan x="${rounded(SIZE.margin + column * SIZE.column)}" textLength="${rounded(length * SIZE.column)}"`
      + `${colour === TEXT ? '' : ` fill="${colour}"`}${classes === '' ? '' : ` class="${classes}"`}>${escaped(text)}</tspan>`
  })
  return `<text xml:space="preserve" y="${y}" style="animation-delay:${time}s">${spans.join('')}</text>`
}

/** Rows of runs that look alike, each row with the time at which it was begun. */
function rowsOf(events, columns) {
  const rows = [{ time: 0, cells: [] }]
  let look = plain()
  for (const [time, kind, text] of events) {
    if (kind !== 'o') continue
    // oxlint-disable-next-line no-control-regex -- a terminal's text has them
    for (const [token, codes] of text.matchAll(/\u001B\[([\d;]*)m|\r\n|[^]/gu)) {
      if (codes !== undefined) look = changed(look, codes)
      else if (token === '\r\n') rows.push({ time, cells: [] })
      else if (token < ' ') throw new Error(`a recording of lines has no ${JSON.stringify(token)}`)
      else {
        if (rows.at(-1).cells.length === columns) rows.push({ time, cells: [] })
        // a row appears when it is complete: at its last character
        rows.at(-1).time = time
        rows.at(-1).cells.push({ character: token, ...look })
      }
    }
  }
  while (rows.at(-1).cells.length === 0 || textIn(rows.at(-1)) === PROMPT) rows.pop()
  return rows.map(row => ({ time: row.time, runs: runsOf(row) }))
}

function runsOf(row) {
  const text = textIn(row)
  const typed = text.startsWith(PROMPT)
  const said = text.startsWith(`${PROMPT}#`)
  const runs = []
  for (const [column, { character, ...look }] of row.cells.entries()) {
    const colour = said ? SAID : typed && column >= PROMPT.length ? TYPED : look.colour
    const last = runs.at(-1)
    if (last !== undefined && last.colour === colour && last.bold === look.bold && last.dim === look.dim) {
      last.text += character
      last.length++
    } else runs.push({ ...look, colour, text: character, length: 1, column })
  }
  return runs
}

function textIn({ cells }) {
  return cells.map(({ character }) => character).join('')
}

function plain() {
  return { colour: TEXT, bold: false, dim: false }
}

function changed(look, codes) {
  let now = { ...look }
  for (const code of codes.split(';').map(Number)) {
    if (code === 0) now = plain()
    else if (code === 1) now.bold = true
    else if (code === 2) now.dim = true
    else if (code === 22) now = { ...now, bold: false, dim: false }
    else if (code === 39) now.colour = TEXT
    else now.colour = COLOURS[code] ?? now.colour
  }
  return now
}

function rounded(pixels) {
  return Number(pixels.toFixed(1))
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

if (argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(svgOf(readFileSync(argv[2], 'utf8')))
