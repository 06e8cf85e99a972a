import type { HookEvent } from './action.ts'
import type { MessageRecord } from './message-record.ts'

/** `message.publish` of a message: what its record says, and not once more. */
export class PublishEvent implements HookEvent {
  readonly record: MessageRecord
  readonly username: string | undefined
  readonly node: string

  constructor(record: MessageRecord, username: string | undefined, node: string) {
    this.record = record
    this.username = username
    this.node = node
  }

  get hook(): 'message.publish' { return 'message.publish' }
  get clientid(): string { return this.record.from }
  get ts(): number { return this.record.ts }
  get topic(): string { return this.record.topic }
  get msgid(): string { return this.record.id }
  get payload(): Buffer { return this.record.payload }
  get qos(): 0 | 1 | 2 { return this.record.qos }
  get retain(): boolean { return this.record.retain }
}
