import type { CellOutcome } from '../loop/events.ts';
import type { Worker } from '../sandbox/contract.ts';
import type { CellRequest } from './contract.ts';
import type { Sources } from './editing/contract.ts';
import * as editing from './editing/index.ts';
import { succeeded } from './magics/contract.ts';
import { magics } from './magics/index.ts';

/** Shows what is known of a magic, a model or a variable; `undefined` where nothing is. */
export async function showAbout(
  request: CellRequest,
  topic: string,
  sources: Sources,
  worker: Worker,
): Promise<CellOutcome | undefined> {
  const found = magics.find((magic) => magic.name === topic.replace(/^%+/, ''));
  if (found) {
    const text = editing.aboutMagic(found);
    request.emit({ type: 'page', markdown: `\`${found.usage}\`: ${found.summary}`, text, pager: true });
    return succeeded;
  }
  const model = await editing.aboutModel(sources, topic);
  const about = topic === '' ? undefined : await worker.inspect(topic, topic.length, 0);
  const text = model ?? about?.['text/plain'];
  if (typeof text !== 'string') return undefined;
  request.emit({ type: 'page', markdown: `\`\`\`\n${text}\n\`\`\``, text, pager: true });
  return succeeded;
}
