import { type Lengths, type Measurement, runOnce, type Subject } from './run.ts'
import { disturbed, type Failure, type Results, type Row } from './results.ts'
import type { Scenario } from './scenarios/scenario.ts'

export interface Conducting {
  readonly scenarios: readonly Scenario[]
  readonly repetitions: number
  readonly lengths: Lengths
  /** Folder of the build of hookline. */
  readonly dist: string
  /** Another build, measured beside it. */
  readonly also: string | undefined
  /** Takes a disturbed measurement as it is. */
  readonly force: boolean
  readonly say: (line: string) => void
}

/** So often a disturbed run is made again before it is taken as it is. */
const AGAIN = 2

/**
 * Measures all subjects of a scenario one after the other, then all again: what changes on the machine
 * meets all alike.
 */
export async function conduct({ scenarios, repetitions, say, ...options }: Conducting): Promise<Pick<Results, 'rows' | 'failures'>> {
  const rows: Row[] = []
  const failures: Failure[] = []
  for (const scenario of scenarios) {
    for (let repetition = 0; repetition < repetitions; repetition++) {
      for (const subject of subjectsOf(scenario, options.also)) {
        const progress = `${scenario.name}, ${repetition + 1} of ${repetitions}: ${subject.name}`
        try {
          const measurements = await quietRun(scenario, subject, options)
          rows.push(...measurements.map(it => ({ scenario: scenario.name, subject: subject.name, repetition, ...it })))
          say(`${progress}${measurements.map(inWords).join(';')}`)
        } catch (error) {
          // the others are measured all the same
          const why = error instanceof Error ? error.message : String(error)
          failures.push({ scenario: scenario.name, subject: subject.name, repetition, why })
          say(`${progress} failed: ${why}`)
        }
      }
    }
  }
  return { rows, failures }
}

function inWords(measurement: Measurement): string {
  const { phase, values: { brokerUs }, others } = measurement
  const cost = brokerUs === undefined ? '' : ` ${brokerUs.toFixed(1)} µs`
  const beside = disturbed(measurement) ? `, others took ${percent(others)} of a core` : ''
  return ` ${phase}${cost}${beside}`
}

/** Those of the scenario, each hookline with its counterpart of the other build right behind it. */
export function subjectsOf({ subjects }: Scenario, also: string | undefined): readonly Subject[] {
  if (also === undefined) return subjects
  return subjects.flatMap(subject => subject.broker === 'hookline' ? [subject, { ...subject, name: `${subject.name} (also)`, dist: also }] : [subject])
}

/** A share of a core as people say it. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

async function quietRun(scenario: Scenario, subject: Subject, { lengths, dist, force }: Pick<Conducting, 'lengths' | 'dist' | 'force'>): Promise<readonly Measurement[]> {
  for (let attempt = 0; ; attempt++) {
    const measurements = await runOnce({ subject, lengths, dist }, scenario.work)
    if (force || attempt === AGAIN || !measurements.some(disturbed)) return measurements
  }
}
