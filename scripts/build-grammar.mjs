// grammar/rules.peggy -> src/syntax/generated/rules-grammar.{js,d.ts}
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** How Peggy writes a run: `list` takes what comes `next`, as long as it is of the class; at least one, if there is `some`. */
const CHARACTER = String.raw` +(?<next>s\d+) = input\.charAt\(peg\$currPos\);
 +if \(peg\$(?<name>r\d+)\.test\(\k<next>\)\) \{
 +peg\$currPos\+\+;
 +\} else \{
 +\k<next> = peg\$FAILED;
 +if \(peg\$silentFails === 0\) \{ peg\$fail\((?<expected>peg\$e\d+)\); \}
 +\}
`
const REST = String.raw` +while \(\k<next> !== peg\$FAILED\) \{
 +\k<list>\.push\(\k<next>\);
 +\k<next> = input\.charAt[^}]+\} else \{[^}]+\}
 +\}
 +\}
`
const SOME = String.raw`(?<some> +if \(\k<next> !== peg\$FAILED\) \{
)${REST} +\} else \{
 +\k<list> = peg\$FAILED;
 +\}
`
const RUN = new RegExp(String.raw` +(?<list>s\d+) = \[\];\n${CHARACTER}(?:${REST}|${SOME})`, 'g')

const root = fileURLToPath(new URL('..', import.meta.url))
const parserFile = `${root}src/syntax/generated/rules-grammar.js`
mkdirSync(`${root}src/syntax/generated`, { recursive: true })
execFileSync(process.execPath, [
  `${root}node_modules/peggy/bin/peggy.js`,
  '--format', 'es', '--dts',
  // one entry for each shape that is parsed on its own
  '--allowed-start-rules', '*',
  '-o', parserFile,
  `${root}grammar/rules.peggy`,
], { stdio: 'inherit' })
writeFileSync(parserFile, madeOnce(runsAtOnce(readFileSync(parserFile, 'utf8'))))

/**
 * The parser with all its functions made once. As Peggy writes it they are made anew for every text, and a file of
 * 10,000 lines is some 15,000 texts: making and optimizing them took longer than parsing. What it says, and what it expects, stays the same.
 */
function madeOnce(parser) {
  const start = /\n  if \(options\.startRule\) \{\n.*?\n  \}\n/s.exec(parser)?.[0] ?? ''
  return [
    ['function peg$parse(input, options) {\n  options = options !== undefined ? options : {};\n', 'function peg$createParse() {\n  let input = "";\n  let options = {};\n'],
    ['let peg$currPos = options.peg$currPos | 0;', 'let peg$currPos = 0;'],
    ['const peg$posDetailsCache =', 'let peg$posDetailsCache ='],
    ['let peg$maxFailExpected = options.peg$maxFailExpected || [];', 'let peg$maxFailExpected = [];'],
    ['let peg$silentFails = options.peg$silentFails | 0;', 'let peg$silentFails = 0;'],
    [start, ''],
    ['  peg$result = peg$startRuleFunction();\n', `  return (peg$input, peg$options) => {
  input = peg$input;
  options = peg$options;
  peg$currPos = peg$savedPos = peg$maxFailPos = 0;
  peg$silentFails = options.peg$silentFails | 0;
  peg$posDetailsCache = [{ line: 1, column: 1 }];
  peg$maxFailExpected = [];
${start}
  peg$result = peg$startRuleFunction();
`],
    ['    peg$throw();\n  }\n}\n', '    peg$throw();\n  }\n  };\n}\n\nconst peg$parse = peg$createParse();\n'],
  ].reduce(replacedOnce, parser)
}

/**
 * Runs of a class of characters, `[..]*` and `[..]+`, found by one regular expression each. As Peggy writes them they are gone
 * through one by one, with a text and a place in a list for each. What comes of a run is its length: a rule that wants its text says `$`.
 */
function runsAtOnce(parser) {
  const classes = new Set()
  const quick = parser.replaceAll(RUN, (...match) => {
    const { list, name, expected, some } = match.at(-1)
    classes.add(name)
    const none = some === undefined ? '' : `    if (${list} === 0) { ${list} = peg$FAILED; }\n`
    return `    ${list} = peg$run(peg$runs_${name}, ${expected});\n${none}`
  })
  if (classes.size === 0 || /= \[\];\n +s\d+ = input\.charAt/.test(quick)) throw new Error('the generated parser has runs that are written in another way')
  // Without the `^` with which Peggy begins each.
  const runs = Array.from(classes, name => `  const peg$runs_${name} = new RegExp(peg$${name}.source.slice(1) + "*", "y");\n`)
  const begin = '  function peg$fail(expected) {\n'
  return replacedOnce(quick, [begin, `${runs.join('')}
  function peg$run(characters, expected) {
    const start = peg$currPos;
    characters.lastIndex = start;
    characters.test(input);
    peg$currPos = characters.lastIndex;
    if (peg$silentFails === 0) { peg$fail(expected); }
    return peg$currPos - start;
  }

${begin}`])
}

/** Fails where Peggy writes its parsers in another way than is known here. */
function replacedOnce(text, [part, other]) {
  if (part === '' || text.split(part).length !== 2) throw new Error(`the generated parser has not once: ${part}`)
  return text.replace(part, () => other)
}
