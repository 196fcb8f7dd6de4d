import { mime, resultSchema, type ResultData } from '../output/schema.ts';
import { unframed } from '../output/firewall/frame.ts';
import type { Bundle, WorkerOutput } from '../sandbox/contract.ts';
import type { NotebookOutput } from './notebook.ts';

/** Their models live in the process that made them: without it they show nothing. */
const widgetView = 'application/vnd.jupyter.widget-view+json';
const isOfLines = /^text\/|^image\/svg|^application\/javascript$/;

/** A bundle as code sent it: texts whole, without what Replique added. */
export function bundleOf(data: Bundle): Bundle {
  return Object.fromEntries(
    Object.entries(data)
      .filter(([type]) => type !== widgetView && !type.startsWith('application/vnd.replique.'))
      .map(([type, value]) => {
        const whole = isOfLines.test(type) && Array.isArray(value) ? value.join('') : value;
        const html = type === 'text/html' && typeof whole === 'string' ? unframed(whole) : undefined;
        return [type, html ?? whole];
      }),
  );
}

/** How a helper failed, where this output says so. */
export function failureIn(output: NotebookOutput): ResultData | undefined {
  if (output.output_type !== 'display_data' || !(mime.result in output.data)) return undefined;
  return resultSchema.safeParse(output.data[mime.result]).data;
}

/** What is shown, other than that the cell itself has failed. */
export type ShownOutput = Exclude<NotebookOutput, { output_type: 'error' }>;

/** A recorded output as its code would send it again. */
export function asSent(output: ShownOutput): WorkerOutput {
  if (output.output_type === 'stream') return { kind: 'stream', name: output.name, text: output.text };
  const metadata = Object.fromEntries(Object.entries(output.metadata).filter(([key]) => key !== 'replique'));
  const kind = output.output_type === 'display_data' ? 'display' : 'result';
  return { kind, data: bundleOf(output.data), metadata };
}
