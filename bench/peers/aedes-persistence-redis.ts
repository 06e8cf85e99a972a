import { Aedes } from 'aedes'
import redisPersistence from 'aedes-persistence-redis'
import { REDIS_PORT, serve } from './serve.ts'

/** aedes with the persistence in Redis that its authors offer, as it comes. */
serve(await Aedes.createBroker({ persistence: redisPersistence({ host: '127.0.0.1', port: REDIS_PORT }) }))
