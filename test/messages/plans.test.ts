import { PLANS } from './plans.ts'
import { play } from './play.ts'

play(PLANS)
