import { compile, type CompileOptions } from '../compile.ts'
import { compatible } from '../diagnostic/apply-fixes.ts'
import type { Diagnostic, Edit } from '../diagnostic/diagnostic.ts'
import { withIncluded, type Source } from '../diagnostic/source.ts'
import { createParseCache } from '../syntax/parse-cache.ts'
import { editBytes } from './edit-bytes.ts'
import { placeOf } from './find-files.ts'
import { readPrograms, type Programs, type ReadProgramsOptions, type StandardInput } from './sources.ts'

/** Rules files as they are with all fixes made that are safe; nothing is written yet. */
export type Mended = Programs & {
  /** What was mended, each where it stood when it was. */
  readonly fixed: readonly Diagnostic[]
  readonly changed: readonly ChangedFile[]
  /** As it is now. */
  readonly stdin: StandardInput | undefined
}

export interface ChangedFile {
  readonly name: string
  readonly before: Buffer
  readonly after: Buffer
}

/** A mended line may show another thing to mend. No file needs a tenth of these. */
const PASSES = 100

/** Checks of lines that cannot be read: what else is wrong in those is only known when they can. */
const OF_READING: ReadonlySet<string> = new Set(['curly-quote'])

type Read = Extract<Programs, { readonly ok: true }>

/** Where mending has come to. */
interface State {
  readonly read: Read
  readonly findings: readonly (readonly Diagnostic[])[]
  /** Files that are other than on disk, by their places. */
  readonly contents: ReadonlyMap<string, Buffer>
  readonly stdin: StandardInput | undefined
}

/**
 * Reads rules files and makes the safe fixes until there is none left. One is made where every
 * program that reads its file has it, and left out where it would bring an error. Of a program
 * that is standard input nothing but that is mended.
 */
export async function mendPrograms(paths: readonly string[], options: ReadProgramsOptions & CompileOptions): Promise<Mended> {
  const parsed = createParseCache()
  const fixed: Diagnostic[] = []
  const refused = new Set<string>()
  const first = await readState(options.stdin, new Map())
  if ('reason' in first) return { ...first, fixed, changed: [], stdin: options.stdin }
  let state = first
  /** How many are made at once: fewer where one of them has brought an error, until it is known which. */
  let most = Infinity
  for (let pass = 0; pass < PASSES; pass += 1) {
    const chosen = togetherOf(candidatesOf(state).filter(it => !refused.has(idOf(it)))).slice(0, most)
    if (chosen.length === 0) break
    const then = await made(state, chosen)
    if ('reason' in then) return { ...then, fixed, changed: [], stdin: options.stdin }
    if (!chosen.some(({ check }) => OF_READING.has(check)) && errorsIn(then) > errorsIn(state)) {
      if (chosen.length === 1) chosen.forEach(it => refused.add(idOf(it)))
      most = Math.ceil(chosen.length / 2)
      continue
    }
    most *= 2
    fixed.push(...chosen)
    state = then
  }
  return { ...state.read, fixed, changed: await changes(first, state), stdin: state.stdin }

  async function readState(stdin: State['stdin'], contents: State['contents']): Promise<State | Exclude<Programs, Read>> {
    const read = await readPrograms(paths, { ...options, parsed, stdin, contents })
    return read.ok ? { read, findings: read.programs.map(sources => compile(sources, { ...options, parsed }).diagnostics), contents, stdin } : read
  }

  /** The state with fixes made that go together. */
  async function made({ read, contents, stdin }: State, chosen: readonly Diagnostic[]) {
    const next = new Map(contents)
    let nextStdin = stdin
    for (const [name, edits] of editsByFile(chosen)) {
      const after = editBytes(read.bytes.get(name) ?? Buffer.alloc(0), edits)
      if (after === undefined) throw new Error(`no fix of ${name} can be made`)
      if (name === stdin?.name) nextStdin = { name, bytes: after }
      else next.set(await placeOf(name), after)
    }
    return await readState(nextStdin, next)
  }
}

/** The findings that can be mended now, each once. */
function candidatesOf({ read: { programs, bytes }, findings, stdin }: State): readonly Diagnostic[] {
  const foreign = new Set(withIncluded(programs.flat()).filter(source => source.foreign !== undefined).map(({ name }) => name))
  /** How many programs read a file, and how many of them have a finding. */
  const readers = new Map<string, number>()
  const found = new Map<string, { readonly finding: Diagnostic, readonly count: number }>()
  for (const [i, sources] of programs.entries()) {
    const isMended = (file: string): boolean => file === stdin?.name || !isOf(sources, stdin)
    for (const { name } of withIncluded(sources)) if (isMended(name)) readers.set(name, (readers.get(name) ?? 0) + 1)
    for (const finding of findings[i] ?? []) {
      if (finding.fix?.safe !== true || !isMended(finding.span.file)) continue
      found.set(idOf(finding), { finding, count: (found.get(idOf(finding))?.count ?? 0) + 1 })
    }
  }
  const all = [...found.values()].flatMap(({ finding, count }) => {
    const { span: { file }, fix } = finding
    // Among bytes that are no UTF-8 a place may not be found.
    const isPlaced = !foreign.has(file) || editBytes(bytes.get(file) ?? Buffer.alloc(0), fix?.edits ?? []) !== undefined
    return count === readers.get(file) && isPlaced ? [finding] : []
  })
  const ofReading = all.filter(({ check }) => OF_READING.has(check))
  return ofReading.length > 0 ? ofReading : all
}

function isOf([first]: readonly Source[], stdin: StandardInput | undefined): boolean {
  return stdin !== undefined && first?.name === stdin.name
}

/** Those whose fixes can be made at once. */
function togetherOf(candidates: readonly Diagnostic[]): readonly Diagnostic[] {
  const fixes = new Set(compatible(candidates.flatMap(({ fix }) => fix ?? [])))
  return candidates.filter(({ fix }) => fix !== undefined && fixes.has(fix))
}

function editsByFile(findings: readonly Diagnostic[]): ReadonlyMap<string, readonly Edit[]> {
  const edits = new Map<string, Edit[]>()
  for (const { span: { file }, fix } of findings) edits.set(file, [...edits.get(file) ?? [], ...fix?.edits ?? []])
  return edits
}

function idOf({ check, message, span, fix }: Diagnostic): string {
  return JSON.stringify([check, message, span, fix?.edits])
}

function errorsIn({ findings }: State): number {
  return findings.flat().filter(({ severity }) => severity === 'error').length
}

async function changes(before: State, after: State): Promise<readonly ChangedFile[]> {
  const changed = new Map<string, ChangedFile>()
  for (const [name, bytes] of before.read.bytes) {
    const now = after.contents.get(await placeOf(name))
    if (now !== undefined && !now.equals(bytes) && name !== before.stdin?.name) changed.set(await placeOf(name), { name, before: bytes, after: now })
  }
  return [...changed.values()]
}
