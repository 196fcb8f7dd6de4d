import { RepliqueError } from '../../errors.ts';
import { failed, plainError } from '../code-cell.ts';
import { succeeded, type Magic, type TapeControl } from './contract.ts';

export const tape: Magic = {
  name: 'tape',
  kind: 'line',
  usage: '%tape [record|replay|verify|live]',
  summary:
    'Shows what this notebook’s tape holds; with a mode, sets how the cells from here on are run: recorded, played from the tape, played and checked, or neither.',
  complete: (before, _word, { tape: control }) => (before === '' ? control.modes : []),
  run(args, _body, { request, tape: control }) {
    if (args !== '') {
      const problem = control.choose(args);
      if (problem !== undefined) {
        return Promise.resolve(failed(request, plainError('TapeMode', problem), false));
      }
    }
    request.emit({ type: 'page', ...described(control) });
    return Promise.resolve(succeeded);
  },
};

const meanings: Readonly<Record<string, string>> = {
  record: 'each turn is kept in its output',
  replay: 'turns and results come from the tape; no model is asked, and nothing runs',
  verify: 'turns come from the tape; code runs, and what it comes to is compared',
  live: 'a model is asked, and nothing is kept for the tape',
};

function described(control: TapeControl): { markdown: string; text: string } {
  const { mode } = control;
  const lines = [`The mode is ${mode}: ${meanings[mode] ?? ''}.`, ...held(control)];
  return {
    markdown: lines.map((line) => line.replaceAll('`', '')).join('\n\n'),
    text: lines.join('\n'),
  };
}

function held(control: TapeControl): readonly string[] {
  try {
    const { file, prompts, turns, code, problems } = control.contents();
    return [
      `The tape is ${file}: ${turns} turns of ${prompts} prompts, and ${code} cells of code.`,
      ...problems,
    ];
  } catch (error) {
    if (!(error instanceof RepliqueError)) throw error;
    return [`${error.message} ${error.remedy}`];
  }
}
