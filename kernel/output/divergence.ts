import type { Divergence } from '../loop/events.ts';
import type { IopubMessage } from './contract.ts';
import { safeInline } from './firewall/inline.ts';
import { showInvisible } from './firewall/invisible.ts';
import { codeFence } from './firewall/markdown.ts';
import type { Redactor } from './firewall/redact.ts';
import { wellFormed } from './firewall/stream.ts';
import { stripTerminal } from './firewall/terminal.ts';
import { displayData, oneLine, withReplique } from './messages.ts';
import { mime, type DivergenceData } from './schema.ts';

const longestText = 20_000;
const longestSentence = 2000;

/** Where the cell is not what the tape has of it: a sentence, and what differs. */
export function divergenceMessage(divergence: Divergence, redactor: Redactor): IopubMessage {
  const { kind, turn, helper } = divergence;
  const clean = (text: string | undefined): string | undefined =>
    text === undefined
      ? undefined
      : showInvisible(redactor.text(stripTerminal(wellFormed(text)))).slice(0, longestText);
  const place = { ...(turn !== undefined && { turn }), ...(helper !== undefined && { helper }) };
  const what = oneLine(divergence.what, redactor).slice(0, longestSentence);
  const [recorded, found, diff] = [divergence.recorded, divergence.found, divergence.diff].map(clean);
  const texts = { ...(recorded !== undefined && { recorded }), ...(found !== undefined && { found }) };
  const data: DivergenceData = {
    ...{ version: 1, kind, ...place, what, ...texts },
    ...(diff !== undefined && { diff }),
  };
  const body = diff ?? [...prefixed('-', recorded), ...prefixed('+', found)].join('\n');
  const where = turn === undefined ? '' : ` (turn ${turn})`;
  return displayData(
    {
      'text/plain': [`≠ ${what}${where}`, ...(body === '' ? [] : [body])].join('\n'),
      'text/markdown': [
        `**≠ ${safeInline(what)}**${where}`,
        ...(body === '' ? [] : [codeFence(body, 'diff')]),
      ].join('\n\n'),
      [mime.divergence]: data,
    },
    withReplique({ kind: 'divergence', ...place }),
  );
}

const prefixed = (sign: string, text: string | undefined): readonly string[] =>
  text === undefined ? [] : text.split('\n').map((line) => `${sign}${line}`);
