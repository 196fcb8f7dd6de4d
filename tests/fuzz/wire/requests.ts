import { randomUUID } from 'node:crypto';
import type { Random } from '../random.ts';
import { anyName, anyValue, type Json } from './values.ts';

/** What cells do, in the words of the interpreter that runs them. Each has a mark, to tell whether it ran. */
export interface Words {
  run(mark: string): string;
  fail(mark: string): string;
  ask(mark: string): string;
  /** Runs until it is interrupted. */
  wait(mark: string): string;
  /** How often a cell of this many is one that waits. */
  readonly waits: number;
}

/** A request before it is written into frames. */
export interface Draft {
  header: Json;
  parent_header: Json;
  metadata: Json;
  content: Json;
  buffers: Buffer[];
}

/** What a fuzzer knows of the kernel that it talks to. */
export interface Known {
  readonly words: Words;
  /** Ids of subshells and of comms that are, or were, there. */
  readonly subshells: string[];
  readonly comms: readonly string[];
}

const types = {
  execute_request: 40,
  kernel_info_request: 10,
  is_complete_request: 6,
  complete_request: 6,
  inspect_request: 6,
  history_request: 4,
  comm_info_request: 6,
  interrupt_request: 1,
  create_subshell_request: 3,
  delete_subshell_request: 3,
  list_subshell_request: 3,
  connect_request: 2,
  debug_request: 2,
  comm_open: 3,
  comm_msg: 10,
  comm_close: 1,
} as const;
type Type = keyof typeof types;
const weighted = Object.entries(types).flatMap(([type, weight]) =>
  Array.from({ length: weight }, () => type as Type),
);

/** A header as jupyter_client writes it. */
export const headerOf = (msg_type: string, more: Json = {}): Json => ({
  ...{ msg_id: randomUUID(), msg_type, session: 'fuzz', username: 'fuzz' },
  ...{ date: new Date().toISOString(), version: '5.5', ...more },
});

/** A request that is right. */
export function validRequest(random: Random, known: Known): Draft {
  const type = random.pick(weighted);
  const header = headerOf(type);
  if (random.chance(0.2)) header['subshell_id'] = random.pick([null, ...known.subshells]);
  return {
    header,
    ...{ parent_header: {}, metadata: {}, content: contentOf(type, random, known) },
    buffers: type === 'comm_msg' && random.chance(0.2) ? [Buffer.from('buffer')] : [],
  };
}

function contentOf(type: Type, random: Random, known: Known): Json {
  const code = `%%python\nprint(${random.below(100)})`;
  switch (type) {
    case 'execute_request':
      return cell(random, known.words);
    case 'is_complete_request':
      return { code };
    case 'complete_request':
    case 'inspect_request':
      return { code, cursor_pos: random.below(code.length), ...(random.chance(0.5) && { detail_level: 1 }) };
    case 'history_request':
      return { hist_access_type: random.pick(['range', 'tail', 'search']), n: 5, output: false, raw: true };
    case 'comm_info_request':
      return random.chance(0.5) ? {} : { target_name: random.pick(['jupyter.widget', 'other']) };
    case 'debug_request':
      return { type: 'request', seq: random.below(100), command: random.pick(['debugInfo', 'initialize']) };
    case 'delete_subshell_request':
      return { subshell_id: random.pick([...known.subshells, 'not-there', anyName(random)]) };
    case 'comm_open':
      return { comm_id: randomUUID(), target_name: random.pick(['jupyter.widget', 'x']), data: {} };
    case 'comm_msg':
    case 'comm_close':
      return { comm_id: random.pick([...known.comms, 'not-there']), data: commData(random) };
    default:
      return {};
  }
}

function cell(random: Random, words: Words): Json {
  const mark = randomUUID();
  const kind = random.chance(words.waits)
    ? 'wait'
    : random.pick(['run', 'run', 'run', 'fail', 'ask'] as const);
  return {
    ...{ code: words[kind](mark), silent: random.chance(0.1), store_history: random.chance(0.8) },
    user_expressions: random.chance(0.2) ? { a: '1 + 1', [anyName(random)]: 'x' } : {},
    allow_stdin: random.chance(0.8),
    stop_on_error: random.chance(0.05), // each such failure is waited for
  };
}

const commData = (random: Random): Json =>
  random.pick<Json>([
    { method: 'update', state: { value: random.below(100) }, buffer_paths: [] },
    { method: 'request_state' },
    { method: 'custom', content: { event: 'click' } },
  ]);

/** Changes one thing of a request, or several. */
export function mutate(random: Random, draft: Draft, known: Known): void {
  for (let times = 1 + random.below(3); times > 0; times -= 1) mutateOnce(random, draft, known);
}

function mutateOnce(random: Random, draft: Draft, known: Known): void {
  const part = random.pick(['header', 'content', 'content', 'metadata', 'parent_header'] as const);
  const object = draft[part];
  const field = random.pick([...Object.keys(object), anyName(random)]);
  switch (random.below(6)) {
    case 0:
      Reflect.deleteProperty(object, field);
      break;
    case 1:
      draft.header['subshell_id'] = random.pick([
        anyName(random),
        randomUUID(),
        7,
        true,
        {},
        [known.subshells],
      ]);
      break;
    case 2:
      draft.header['msg_type'] = random.pick([
        ...['execute_reply', 'status', 'input_request', 'input_reply', 'debug_event'],
        ...[anyName(random), random.pick(weighted), 'x_request_request', 'shutdown_request_'],
      ]);
      break;
    case 3:
      draft.buffers = Array.from({ length: random.below(5) }, () => Buffer.alloc(random.below(5000)));
      break;
    case 4:
      draft[part] = { ...object, ...contentOf(random.pick(weighted), random, known) };
      break;
    default:
      // As a parser would set it: an own property, whatever its name.
      Object.defineProperty(object, field, {
        ...{ value: anyValue(random), enumerable: true, writable: true, configurable: true },
      });
  }
}
