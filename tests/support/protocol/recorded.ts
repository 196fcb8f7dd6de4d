import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { problemsOf, type Channel } from './message.ts';

const folder = join(import.meta.dirname, '..', '..', 'conformance', 'recorder');

/** What has a Python process, and those that it starts, record the messages that jupyter_client receives. */
export const recording = (file: string): Readonly<Record<string, string>> => ({
  PYTHONPATH: folder,
  REPLIQUE_TEST_RECORD: file,
});

const line = z.object({
  isPublished: z.boolean(),
  header: z.string(),
  parent_header: z.string(),
  metadata: z.string(),
  content: z.string(),
  buffers: z.int(),
});

/** What is wrong with the messages of a recording; how many there were. */
export function checkRecorded(file: string): { readonly messages: number; readonly problems: string[] } {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
  return { messages: lines.length, problems: lines.flatMap(problemsIn) };
}

function problemsIn(text: string): string[] {
  const { isPublished, buffers, ...parts } = line.parse(JSON.parse(text));
  const header = read(parts.header) as { readonly msg_type?: unknown };
  // Shell and control can't be told apart there; control has all that shell has.
  const asked: Channel = header.msg_type === 'input_request' ? 'stdin' : 'control';
  return problemsOf(isPublished ? 'iopub' : asked, {
    header,
    parent_header: read(parts.parent_header),
    metadata: read(parts.metadata),
    content: read(parts.content),
    buffers: { length: buffers },
  });
}

/** `NaN`, which Python would take, is no JSON. */
const read = (text: string): unknown => JSON.parse(text);
