import { PNG } from 'pngjs';
import type { NotebookOutput } from '../../../kernel/tape/notebook.ts';

type Stream = Extract<NotebookOutput, { output_type: 'stream' }>;

/** Outputs as a notebook keeps them. */
export const printed = (text: string, name: Stream['name'] = 'stdout'): NotebookOutput => ({
  output_type: 'stream',
  name,
  text,
});
export const shown = (data: Record<string, unknown>): NotebookOutput => ({
  output_type: 'display_data',
  data,
  metadata: {},
});
export const failed = (
  ename: string,
  evalue: string,
  traceback: string[] = [],
): Extract<NotebookOutput, { output_type: 'error' }> => ({ output_type: 'error', ename, evalue, traceback });

/** How a helper failed, as Replique writes it. */
export const ended = (
  status: string,
  error?: { readonly ename: string; readonly evalue: string; readonly traceback: readonly string[] },
): NotebookOutput =>
  shown({
    'application/vnd.replique.result+json': {
      ...{ version: 1, lang: 'python', hash: '0'.repeat(64), status },
      ...(error && { error: { ename: error.ename, evalue: error.evalue, traceback: error.traceback } }),
    },
  });

/** A PNG in base64 whose pixels have the grey values, 0 to 255, that `grey` says, or transparent ones for `undefined`. */
export function png(
  width: number,
  height: number,
  grey: (x: number, y: number) => number | undefined,
): string {
  const image = new PNG({ width, height });
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const value = grey(x, y);
      const pixel = [value ?? 0, value ?? 0, value ?? 0, value === undefined ? 0 : 255];
      image.data.set(pixel, (y * width + x) * 4);
    }
  }
  return PNG.sync.write(image).toString('base64');
}
