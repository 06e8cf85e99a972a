import { init } from 'echarts'
import { figure, type Results } from '../results.ts'
import { SCENARIOS } from '../scenarios/index.ts'
import { shown } from './table.ts'

/** What is drawn, from the top down: the scenarios that have peers with a cost for each message. */
const DRAWN = ['stored-qos1', 'round-trip', 'round-trip-slow', 'retained', 'no-rule']
/** A subject has its colour in every group; told apart without colours by the order of the legend. */
const COLOURS: Readonly<Record<string, string>> = {
  'hookline': '#c2410c',
  'aedes': '#0f766e',
  'hand-written': '#64748b',
  'aedes-persistence-redis': '#a8a29e',
  'mosquitto': '#1d4ed8',
}
const WIDTH = 900
const ROW_HEIGHT = 20
const AROUND_HEIGHT = 110

/** CPU of the broker for each message, saturated, as an SVG; undefined if nothing of that was measured. */
export function chartOf(results: Results): string | undefined {
  const groups = SCENARIOS.filter(({ name }) => DRAWN.includes(name) && results.rows.some(({ scenario }) => scenario === name))
  if (groups.length === 0) return undefined
  const subjects = Object.keys(COLOURS)
  const options = {
    animation: false,
    backgroundColor: '#ffffff',
    title: { text: 'Broker CPU for a message', subtext: 'microseconds; saturated, QoS 1, 100 bytes; less is better', left: 8, top: 4 },
    legend: { data: subjects, bottom: 4 },
    grid: { left: 120, right: 60, top: 64, bottom: 44 },
    xAxis: { type: 'value' },
    yAxis: { type: 'category', inverse: true, data: groups.map(({ name }) => name) },
    series: subjects.map(subject => ({
      type: 'bar' as const,
      name: subject,
      color: COLOURS[subject] ?? '#000000',
      // none where it was not measured
      data: groups.map(({ name }) => figure(results, { scenario: name, phase: 'saturated', subject }, 'brokerUs') ?? '-'),
      label: { show: true, position: 'right' as const, fontSize: 10, formatter: ({ value }: { readonly value?: unknown }) => typeof value === 'number' ? shown(value, 1) : '' },
    })),
  }
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: AROUND_HEIGHT + groups.length * subjects.length * ROW_HEIGHT })
  chart.setOption(options)
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}
