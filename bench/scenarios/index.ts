import { DEFAULT_RULES, ONE_RULE } from '../rules.ts'
import { publishing } from './publish.ts'
import type { Scenario } from './scenario.ts'

/** All that can be measured, in the order of the report. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'stored-qos1',
    title: 'QoS 1 publishes are stored before they are acknowledged; no subscriber',
    subjects: [
      { name: 'hookline', broker: 'hookline', rules: ONE_RULE },
      { name: 'hookline, default rules', broker: 'hookline', rules: DEFAULT_RULES },
      { name: 'aedes', broker: 'aedes' },
      { name: 'hand-written', broker: 'hand-written' },
      { name: 'mosquitto', broker: 'mosquitto' },
    ],
    seconds: 8,
    quick: true,
    work: publishing({ qos: 1, phases: ['saturated', 'paced'] }),
  },
]
