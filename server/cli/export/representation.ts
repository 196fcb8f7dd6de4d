import { safeBundle } from '../../../kernel/output/firewall/bundle.ts';
import { needsFrame } from '../../../kernel/output/firewall/frame.ts';
import { createRedactor } from '../../../kernel/output/firewall/redact.ts';
import { showInvisible } from '../../../kernel/output/firewall/invisible.ts';
import { stripTerminal } from '../../../kernel/output/firewall/terminal.ts';
import type { SavedDisplay, SavedOutput } from '../notebook/outputs.ts';

/** What of an output a document shows: the first type that it wants and that the firewall lets through. */
export interface Representation {
  readonly type: string;
  readonly content: string;
}

const redactor = createRedactor([]); // the kernel has taken out what it knew

/**
 * The representation of an output that comes first in `wanted`, safe to be shown; else its text.
 * A notebook may come from anyone: whatever it holds passes the output firewall anew.
 */
export function representationOf(output: SavedOutput, wanted: readonly string[]): Representation {
  if (output.output_type === 'stream') return plain(output.text);
  if (output.output_type === 'error') {
    return plain(output.traceback.join('\n') || `${output.ename}: ${output.evalue}`);
  }
  const { data } = safeBundle(withoutFrames(output), output.metadata, redactor);
  for (const type of wanted) {
    const content = data[type];
    if (typeof content === 'string') return { type, content };
  }
  const text = data['text/plain'];
  return plain(typeof text === 'string' ? text : '');
}

/** Text without colours and whatever else a terminal would obey. */
export const plainText = (text: string): string => showInvisible(stripTerminal(text)).replace(/\n+$/, '');

const plain = (text: string): Representation => ({ type: 'text/plain', content: plainText(text) });

/** The data without HTML that is nothing without its scripts: a document has none. */
function withoutFrames(output: SavedDisplay): Record<string, unknown> {
  const html = output.data['text/html'];
  if (typeof html !== 'string' || !needsFrame(html)) return output.data;
  return Object.fromEntries(Object.entries(output.data).filter(([type]) => type !== 'text/html'));
}

/** An image's address, with its data in it; undefined for other types. */
export function imageAddress({ type, content }: Representation): string | undefined {
  if (!type.startsWith('image/')) return undefined;
  const data =
    type === 'image/svg+xml' ? Buffer.from(content).toString('base64') : content.replaceAll(/\s/g, '');
  return `data:${type};base64,${data}`;
}
