import { type Lengths, type Measurement, runOnce, type Subject } from './run.ts'
import { disturbed, type Row } from './results.ts'
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

/** Measures all subjects of a scenario one after the other, then all again: what changes on the machine meets all alike. */
export async function conduct({ scenarios, repetitions, say, ...options }: Conducting): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const scenario of scenarios) {
    for (let repetition = 0; repetition < repetitions; repetition++) {
      for (const subject of subjectsOf(scenario, options.also)) {
        const measurements = await quietRun(scenario, subject, options)
        for (const { phase, values, others } of measurements) {
          rows.push({ scenario: scenario.name, phase, subject: subject.name, repetition, values, others })
          const brokerUs = values.brokerUs?.toFixed(1)
          say(`${scenario.name}, ${phase}, ${repetition + 1} of ${repetitions}: ${subject.name}${brokerUs === undefined ? '' : ` ${brokerUs} µs`}${disturbed({ others }) ? `, disturbed: others took ${percent(others)} of a core` : ''}`)
        }
      }
    }
  }
  return rows
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
