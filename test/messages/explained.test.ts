import { EXPLAINED } from './explained.ts'
import { play } from './play.ts'

play(EXPLAINED)
