/** A message that a kernel's cell showed something with. */
export interface Shown {
  readonly type: string;
  readonly content: unknown;
}

/** What `/api/replique/sessions/ID/events?running=1` tells. */
export type RunEvent =
  | {
      readonly event: 'running';
      readonly run: string;
      readonly cell_id: string;
      readonly messages: readonly Shown[];
    }
  | { readonly event: 'output'; readonly run: string; readonly type: string; readonly content: unknown }
  | { readonly event: 'finished'; readonly run: string; readonly execution_count: number | null }
  | { readonly event: 'started' | 'missed' };

/** Reads Server-Sent Events (HTML Standard, 9.2) of our own server: each has its name and one line of JSON. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<RunEvent> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event] = /^event: (\w+)$/m.exec(block) ?? [];
      const [, data] = /^data: (.*)$/m.exec(block) ?? [];
      if (event !== undefined && data !== undefined)
        yield { ...(JSON.parse(data) as object), event } as RunEvent;
    }
  }
}
