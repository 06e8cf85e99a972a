// grammar/rules.peggy -> src/syntax/generated/rules-grammar.{js,d.ts}
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

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
writeFileSync(parserFile, madeOnce(readFileSync(parserFile, 'utf8')))

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
  peg$currPos = peg$savedPos = peg$maxFailPos = peg$silentFails = 0;
  peg$posDetailsCache = [{ line: 1, column: 1 }];
  peg$maxFailExpected = [];
${start}
  peg$result = peg$startRuleFunction();
`],
    ['    peg$throw();\n  }\n}\n', '    peg$throw();\n  }\n  };\n}\n\nconst peg$parse = peg$createParse();\n'],
  ].reduce(replacedOnce, parser)
}

/** Fails where Peggy writes its parsers in another way than is known here. */
function replacedOnce(text, [part, other]) {
  if (part === '' || text.split(part).length !== 2) throw new Error(`the generated parser has not once: ${part}`)
  return text.replace(part, () => other)
}
