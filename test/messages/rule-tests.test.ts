import { RULE_TESTS } from './rule-tests.ts'
import { play } from './play.ts'

play(RULE_TESTS)
