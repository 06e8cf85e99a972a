import { Aedes } from 'aedes'
import { serve } from './serve.ts'

/** aedes as it comes: sessions and queues in memory, nothing stored. */
serve(await Aedes.createBroker())
