import { STARTS } from './starts.ts'
import { play } from './play.ts'

play(STARTS)
