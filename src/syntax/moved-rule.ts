import type { Span } from '../diagnostic/diagnostic.ts'
import { LineSpan, type LineStart } from '../diagnostic/line-span.ts'
import type { Json, JsonObject, JsonString, Key, Rule } from './ast.ts'

/** The rule as it is read from the same text at the beginning of another line. It stands in one line. */
export function movedRule(rule: Rule, at: LineStart): Rule {
  if (isAt(rule.key.span, at)) return rule
  return { kind: 'rule', key: movedKey(rule.key, at), value: movedObject(rule.value, at), comments: rule.comments }
}

function isAt(span: Span, { file, line, offset }: LineStart): boolean {
  return span instanceof LineSpan && span.at.offset === offset && span.at.line === line && span.at.file === file
}

function moved(span: Span, at: LineStart): Span {
  if (!(span instanceof LineSpan)) throw new Error('a rule in one line has places in one line')
  return new LineSpan(at, span.from, span.to)
}

function movedKey({ words, span }: Key, at: LineStart): Key {
  return { words: words.map(word => ({ text: word.text, span: moved(word.span, at) })), span: moved(span, at) }
}

function movedObject({ members, span }: JsonObject, at: LineStart): JsonObject {
  return {
    kind: 'object',
    members: members.map(({ name, value, span: place }) => ({ name: movedString(name, at), value: movedJson(value, at), span: moved(place, at) })),
    span: moved(span, at),
  }
}

function movedJson(json: Json, at: LineStart): Json {
  switch (json.kind) {
    case 'object': return movedObject(json, at)
    case 'array': return { kind: 'array', items: json.items.map(item => movedJson(item, at)), span: moved(json.span, at) }
    case 'string': return movedString(json, at)
    case 'number': return { kind: 'number', text: json.text, span: moved(json.span, at) }
    case 'constant': return { kind: 'constant', text: json.text, span: moved(json.span, at) }
    default: return json satisfies never
  }
}

function movedString({ value, starts, span }: JsonString, at: LineStart): JsonString {
  return { kind: 'string', value, starts, span: moved(span, at) }
}
