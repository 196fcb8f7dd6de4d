import type { RewindMode } from '../../timeline/contract.ts';
import { failed, plainError } from '../code-cell.ts';
import { noticesTo } from '../prompt-cell.ts';
import { succeeded, type Magic } from './contract.ts';

const words: readonly string[] = ['auto', 'ask', 'off'];
const sentences: Readonly<Record<RewindMode, string>> = {
  auto: 'goes back to before its first run',
  ask: 'asks whether to go back to before its first run',
  off: 'goes back to nothing',
};

export const rewind: Magic = {
  name: 'rewind',
  kind: 'line',
  usage: '%rewind [NUMBER | auto|ask|off [all]]',
  summary:
    'Goes back to just before the cell with this number; or sets what running a prompt cell again does, with `all` a code cell, too.',
  complete: (before) => (before.trim() === '' ? words : words.includes(before.trim()) ? ['all'] : []),
  async run(args, _body, { request, timeline }) {
    const [word = '', all, ...more] = args.split(/\s+/);
    const wrong = (): ReturnType<typeof failed> =>
      failed(
        request,
        plainError('InvalidRewind', 'It is written `%rewind 3`, `%rewind off` or `%rewind auto all`.'),
        false,
      );
    if (/^\d{1,9}$/.test(word) && all === undefined) {
      const refusal = await timeline.rewind(Number(word), {
        signal: request.signal,
        say: noticesTo(request),
      });
      return refusal ? failed(request, plainError('NothingToRewind', refusal.problem), false) : succeeded;
    }
    if (word !== '') {
      if (!isMode(word) || more.length > 0 || (all !== undefined && all !== 'all')) return wrong();
      timeline.setModes({ prompts: word, code: all === 'all' ? word : 'off' });
    }
    const { prompts, code } = timeline.modes();
    const text = `Running a prompt cell again ${sentences[prompts]}; running a code cell again ${sentences[code]}.`;
    request.emit({ type: 'page', markdown: text, text });
    return succeeded;
  },
};

const isMode = (word: string): word is RewindMode => words.includes(word);
