import { ORDINARY } from './ordinary.ts'
import { play } from './play.ts'

play(ORDINARY)
