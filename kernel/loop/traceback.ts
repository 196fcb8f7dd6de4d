import type { WorkerError } from '../sandbox/contract.ts';
import { plainText } from './escape.ts';

const frameStart = /^\s*(?:Cell In ?\[|Input In |File |<ipython-input)/;
const library =
  /site-packages|dist-packages|[\\/]lib(?:64)?[\\/]python\d|\.p(?:yx|xi):\d|<frozen |<__array_function__/;
const maxFrames = 4;
const maxMessage = 1000;

/**
 * A traceback as the model needs it: the frames of the user's own code, each with the line that was running, and the
 * exception. Understands IPython's and Python's own forms.
 */
export function shortTraceback(error: WorkerError): string {
  const frames = framesOf(plainText(error.traceback.join('\n')).split('\n'));
  const own = frames.filter((frame) => !library.test(frame[0] ?? ''));
  const shown = own.length > maxFrames ? own.slice(-maxFrames) : own;
  const skipped = frames.length - shown.length;
  const message = plainText(error.evalue).slice(0, maxMessage);
  return [
    ...shown.map((frame) => essence(frame).join('\n')),
    ...(skipped > 0 ? [`[${String(skipped)} frames left out]`] : []),
    message === '' ? error.ename : `${error.ename}: ${message}`,
  ].join('\n');
}

function framesOf(lines: readonly string[]): string[][] {
  const frames: string[][] = [];
  for (const line of lines) {
    if (frameStart.test(line)) frames.push([line]);
    else if (line.trim() === '' || /^\S*(?:Error|Exception|Warning|Interrupt)\b/.test(line)) continue;
    else frames.at(-1)?.push(line);
  }
  return frames;
}

/** The frame's head and the line that was running, with the caret lines below it. */
function essence(frame: readonly string[]): readonly string[] {
  const [head = '', ...body] = frame;
  const arrow = body.findIndex((line) => /^-+> ?\d+/.test(line));
  if (arrow === -1) return [head, ...body.slice(0, 3)];
  const carets = body.slice(arrow + 1).findIndex((line) => !/^[\s^~-]+$/.test(line));
  return [head, ...body.slice(arrow, carets === -1 ? arrow + 2 : arrow + 1 + carets)];
}
