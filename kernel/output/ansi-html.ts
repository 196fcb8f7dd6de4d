import { escapeMarkup } from '../markup.ts';

/** Colours that can be read on a light and on a dark page. */
const palette = ['#6e7681', '#d1383d', '#2e9e44', '#b58a00', '#3b7ddd', '#a855c7', '#12919c', '#8c959f'];
const sequence = /\u001b\[([0-9;:]*)m/g;

interface Look {
  colour?: string | undefined;
  background?: string | undefined;
  bold: boolean;
  italic: boolean;
  underline: boolean;
}

const plain: Look = { bold: false, italic: false, underline: false };

/**
 * Text with SGR colours (ECMA-48 8.3.117), and no other control sequences, as HTML that carries its styles with it.
 */
export function ansiToHtml(text: string): string {
  let look = plain;
  let at = 0;
  let html = '';
  for (const found of text.matchAll(sequence)) {
    html += styled(text.slice(at, found.index), look);
    look = apply(look, found[1] ?? '');
    at = found.index + found[0].length;
  }
  return `<pre>${html}${styled(text.slice(at), look)}</pre>`;
}

function styled(text: string, look: Look): string {
  if (text === '') return '';
  const styles = [
    look.colour === undefined ? '' : `color: ${look.colour}`,
    look.background === undefined ? '' : `background-color: ${look.background}`,
    look.bold ? 'font-weight: bold' : '',
    look.italic ? 'font-style: italic' : '',
    look.underline ? 'text-decoration: underline' : '',
  ].filter(Boolean);
  const safe = escapeMarkup(text);
  return styles.length === 0 ? safe : `<span style="${styles.join('; ')}">${safe}</span>`;
}

function apply(before: Look, parameters: string): Look {
  const codes = parameters.split(/[;:]/).map(Number);
  let look = before;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 38 || code === 48) {
      const { colour, used } = extended(codes.slice(i + 1, i + 5));
      look = { ...look, [code === 38 ? 'colour' : 'background']: colour };
      i += used;
    } else look = simple(look, code);
  }
  return look;
}

function simple(look: Look, code: number): Look {
  if (code === 0) return plain;
  if (code === 1) return { ...look, bold: true };
  if (code === 3) return { ...look, italic: true };
  if (code === 4) return { ...look, underline: true };
  if (code === 22) return { ...look, bold: false };
  if (code === 23) return { ...look, italic: false };
  if (code === 24) return { ...look, underline: false };
  if (code === 39) return { ...look, colour: undefined };
  if (code === 49) return { ...look, background: undefined };
  if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97))
    return { ...look, colour: palette[code % 10] };
  if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107))
    return { ...look, background: palette[code % 10] };
  return look;
}

/** `5;n` (256 colours) or `2;r;g;b`. */
function extended(codes: readonly number[]): { colour: string | undefined; used: number } {
  const [mode, a = 0, b = 0, c = 0] = codes;
  if (mode === 2) return { colour: rgb(a, b, c), used: 4 };
  if (mode !== 5) return { colour: undefined, used: 0 };
  return { colour: indexed(a), used: 2 };
}

function indexed(index: number): string | undefined {
  if (index < 16) return palette[index % 8];
  if (index >= 232) return rgb((index - 232) * 10 + 8, (index - 232) * 10 + 8, (index - 232) * 10 + 8);
  const level = (n: number): number => (n === 0 ? 0 : n * 40 + 55);
  const cube = index - 16;
  return rgb(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

const rgb = (...channels: number[]): string =>
  `#${channels.map((n) => Math.min(255, n).toString(16).padStart(2, '0')).join('')}`;
