import { ASKED } from './asked.ts'
import { play } from './play.ts'

play(ASKED)
