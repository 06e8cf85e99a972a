import { MIGRATED } from './migrated.ts'
import { play } from './play.ts'

play(MIGRATED)
