import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Notebooks as the kernel leaves them, for what reads saved ones. */

const key = 'a'.repeat(64);

export interface SavedTurn {
  readonly text: string;
  readonly helper?: { readonly lang: string; readonly code: string; readonly status?: string };
  /** What the helper showed. */
  readonly outputs?: readonly unknown[];
}

const usage = (inputTokens: number, outputTokens: number) => ({
  inputTokens,
  outputTokens,
  cachedTokens: 0,
  estimated: false,
});

/** The outputs of a prompt that was answered in these turns. */
export function outputsOfTurns(turns: readonly SavedTurn[]): unknown[] {
  const shown = turns.flatMap(({ text, helper, outputs = [] }, index) => {
    const final = index === turns.length - 1;
    const code = helper && { lang: helper.lang, code: helper.code, hash: key };
    const record = {
      version: 1,
      key,
      provider: 'mock',
      model: 'script',
      params: { temperature: 0, maxTokens: 100, stop: ['</helpers>'] },
      text,
      ...(code && { helper: code }),
      usage: usage(100, 10),
      cost: 0.25,
      stop: 'stop',
      final,
    };
    const said = helper ? `\`\`\`${helper.lang}\n${helper.code}\n\`\`\`` : text;
    const data = {
      'text/plain': said.split(/(?<=\n)/),
      'text/markdown': said,
      'application/vnd.replique.turn+json': record,
    };
    const about = { kind: 'turn', turn: index + 1, durationMs: 1000, ...(final && { final }) };
    return [{ output_type: 'display_data', data, metadata: { replique: about } }, ...outputs];
  });
  const footer = {
    version: 1,
    stop: 'final',
    turns: turns.map(({ helper }, index) => ({
      turn: index + 1,
      model: 'script',
      usage: usage(100, 10),
      ...(helper && { helper: { lang: helper.lang, status: helper.status ?? 'ok' } }),
    })),
    helpers: turns.filter(({ helper }) => helper).length,
    usage: usage(100 * turns.length, 10 * turns.length),
  };
  const times = turns.map(({ helper }) => ({ durationMs: 1000, ...(helper && { helperDurationMs: 500 }) }));
  const about = { kind: 'cell', durationMs: 2000 * turns.length, turns: times };
  const data = { 'text/plain': '▸ footer', 'application/vnd.replique.cell+json': footer };
  return [...shown, { output_type: 'display_data', data, metadata: { replique: about } }];
}

export const printed = (text: string) => ({ output_type: 'stream', name: 'stdout', text });

export const codeCell = (
  source: string,
  execution_count: number | null,
  outputs: readonly unknown[] = [],
) => ({
  cell_type: 'code',
  metadata: {},
  source,
  execution_count,
  outputs,
});

export const markdownCell = (source: string) => ({ cell_type: 'markdown', metadata: {}, source });

/** Writes a notebook of these cells. */
export function saveNotebook(directory: string, cells: readonly unknown[], name = 'book.ipynb'): string {
  const file = join(directory, name);
  writeFileSync(file, JSON.stringify({ nbformat: 4, nbformat_minor: 4, metadata: {}, cells }, null, 1));
  return file;
}
