import { describe, expect, it } from 'vitest';
import { ansiToHtml } from '../../../../kernel/output/ansi-html.ts';
import { safeHtml } from '../../../../kernel/output/firewall/html.ts';
import { safeMarkdown } from '../../../../kernel/output/firewall/markdown.ts';
import { safeSvg } from '../../../../kernel/output/firewall/svg.ts';
import { tinyPng } from '../../../security/output-corpus.ts';
import { rendered } from '../../../security/output-render.ts';

const html = (text: string): string | undefined => safeHtml(text)?.html;

describe('HTML that stays', () => {
  it('is the table of a DataFrame', () => {
    const table = `<div>
<style scoped>
    .dataframe tbody tr th { vertical-align: top; }
</style>
<table border="1" class="dataframe">
  <thead><tr style="text-align: right;"><th></th><th>a</th></tr></thead>
  <tbody><tr><th>0</th><td>1 &lt; 2</td></tr></tbody>
</table>
<p>1 rows × 1 columns</p>
</div>`;
    expect(html(table)?.replaceAll(/\s*\n\s*/g, '')).toBe(
      '<div><table border="1" class="dataframe"><thead><tr style="text-align: right"><th></th><th>a</th></tr></thead>' +
        '<tbody><tr><th>0</th><td>1 &lt; 2</td></tr></tbody></table><p>1 rows × 1 columns</p></div>',
    );
  });

  it('is what a styled table, a folded part and an image in the page need', () => {
    for (const text of [
      '<td style="background-color: #ff0000; color: rgb(1, 2, 3)">x</td>',
      '<details open><summary>a</summary>b</details>',
      `<img alt="a" width="10" src="data:image/png;base64,${tinyPng}" />`,
      '<a href="https://ok.test/?a=1&amp;b=2" rel="noopener noreferrer nofollow">text</a>',
      '<a href="#part" rel="noopener noreferrer nofollow">text</a>',
      '<a href="mailto:a@ok.test" rel="noopener noreferrer nofollow">a@ok.test</a>',
    ]) {
      expect(html(text)?.replace('open=""', 'open')).toBe(text);
    }
  });

  it('says where a link leads whose text is another address', () => {
    expect(
      html(
        '<a href="https://evil.test/x">https://good.test</a> <a href="https://good.test/x">www.good.test</a>',
      ),
    ).toBe(
      '<a href="https://evil.test/x" rel="noopener noreferrer nofollow">https://good.test</a> [→ https://evil.test/x] ' +
        '<a href="https://good.test/x" rel="noopener noreferrer nofollow">www.good.test</a>',
    );
    expect(html('<a href="mailto:a@evil.test">a@good.test</a>')).toContain('[→ mailto:a@evil.test]');
  });

  it('says what image was not loaded', () => {
    expect(html('<img alt="plot" src="http://x.test/p.png">')).toBe(
      '<span>[image not loaded: plot: http://x.test/p.png]</span>',
    );
  });

  it('is nothing where nothing can be seen', () => {
    expect(html('<div> <style>x</style></div>')).toBe(undefined);
    expect(html('')).toBe(undefined);
    expect(html(`${'<div>'.repeat(1000)}x`)).toBe(undefined);
  });
});

describe('SVG that stays', () => {
  it('is a drawing as matplotlib makes it', () => {
    const drawing =
      '<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="460.8pt" height="345.6pt" viewBox="0 0 460.8 345.6" ' +
      'xmlns="http://www.w3.org/2000/svg" version="1.1"><defs><clipPath id="p1"><rect x="57.6" y="41.472"></rect></clipPath>' +
      '<path id="DejaVuSans-30" d="M 2034 4250 Q 1547 4250" transform="scale(0.015625)"></path></defs>' +
      '<g id="figure_1" clip-path="url(#p1)" style="fill: #ffffff; stroke-linejoin: miter">' +
      '<use xlink:href="#DejaVuSans-30" x="1" transform="translate(4.4 1) scale(0.1 -0.1)"></use></g></svg>';
    expect(safeSvg(`<?xml version="1.0"?>\n<!DOCTYPE svg>\n${drawing}`)).toBe(drawing);
  });

  it('holds images that are in the page', () => {
    const inside = `<image href="data:image/png;base64,${tinyPng}"></image>`;
    expect(safeSvg(`<svg>${inside}</svg>`)).toBe(`<svg>${inside}</svg>`);
  });

  it('is nothing where it is no SVG', () => {
    expect(safeSvg('<b>x</b>')).toBe(undefined);
    expect(safeSvg(`<svg>${'<g>'.repeat(1000)}`)).toBe(undefined);
    expect(safeSvg('')).toBe(undefined);
  });
});

describe('Markdown that stays', () => {
  it.each([
    'Plain *text*, **bold**, `code`, ~~gone~~.\n\n- a\n- b\n\n1. c\n\n> d\n\n| a | b |\n|---|---|\n| 1 | 2 |',
    '# Title\n\nText with [a link](https://ok.test/a_(b)?c=1&d=2 "title") and https://ok.test.',
    'Mathematics: $\\frac{a}{b} > c$ and\n\n$$\n\\sum_i x_i\n$$',
    'It costs $5 & more, R&D, 3 > 2!',
    '```python\nif a < b and "<b>" in c: print(f"{a}`")\n```',
    '[1] and x[0] and [x] y',
  ])('%j', (text) => {
    expect(safeMarkdown(text)).toBe(text);
  });

  it('reads the same where it had to be written differently', () => {
    const text = 'Use `Map<string, T[]>` if a < b, see <https://ok.test/x>.\n\nWow! [x](https://ok.test)';
    for (const { html: shown } of rendered(safeMarkdown(text))) {
      const read = shown.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
      expect(read.replaceAll(/&lt;/g, '<').replaceAll('&gt;', '>')).toContain(
        '<code>Map<string, T[]></code> if a < b',
      );
      expect(shown).toContain('<a href="https://ok.test/x">https://ok.test/x</a>');
    }
  });

  it('has its fences closed, at the margin, and longer than what they hold', () => {
    expect(safeMarkdown('- item\n  ```html\n  <b>\n    <i>\n  ```\n  more')).toBe(
      '- item\n\n```html\n<b>\n  <i>\n```\n\n  more',
    );
    expect(safeMarkdown('1. ```sh\n   ls <a>\n   ```\n2. more')).toBe(
      '1. &nbsp;\n\n```sh\nls <a>\n```\n\n2. more',
    );
    expect(safeMarkdown('~~~\n```\nx')).toBe('````\n```\nx\n````');
    expect(safeMarkdown('```a b="c"\nx\n```')).toBe('```a\nx\n```');
    expect(safeMarkdown('```mermaid\nx\n```')).toBe('```\nx\n```');
  });

  it('keeps mathematics readable without a tag in it', () => {
    expect(safeMarkdown('$a<b$, $$x < y$$ and $5 < 6')).toBe('$a\\lt b$, $$x \\lt  y$$ and $5 &lt; 6');
    expect(safeMarkdown('$\\href{x}{y}$ \\href{x}')).toBe('$\\backslash href{x}{y}$ &#92;href{x}');
  });

  it('turns images into text and shows where a link leads', () => {
    expect(safeMarkdown('![a plot](https://x.test/p.png)')).toBe('[image: a plot](https://x.test/p.png)');
    expect(safeMarkdown('![a plot](p.png)')).toBe('[image: a plot&#93;(p.png)');
    expect(safeMarkdown('[**https://good.test**](https://evil.test)')).toBe(
      '[**https://good.test**](https://evil.test) (→ `https://evil.test`)',
    );
    expect(safeMarkdown('[good.test](https://good.test/a)')).toBe('[good.test](https://good.test/a)');
  });

  it('does not grow slow', () => {
    for (const piece of [
      '[',
      '![',
      '](',
      '`',
      '``` ',
      '$',
      '$$',
      '<',
      '\\',
      '*',
      '[a](#b)',
      '`a``b',
      '\\(',
      '](https://a',
    ]) {
      const text = piece.repeat(200_000 / piece.length);
      expect(safeMarkdown(text).length, piece).toBeGreaterThan(0);
    }
    for (const piece of [
      '<a ',
      '<div>',
      '</a>',
      '<a href="https://a.test">b.test',
      '&',
      '<!--',
      '<b style="',
      '"',
    ]) {
      expect(() => safeHtml(piece.repeat(200_000 / piece.length)), piece).not.toThrow();
      expect(() => safeSvg(`<svg>${piece.repeat(200_000 / piece.length)}`), piece).not.toThrow();
    }
  });
});

describe('coloured text as HTML', () => {
  it.each([
    ['plain <b>', '<pre>plain &lt;b&gt;</pre>'],
    ['\u001b[1;31ma\u001b[0mb', '<pre><span style="color: #d1383d; font-weight: bold">a</span>b</pre>'],
    [
      '\u001b[3;4ma\u001b[23mb\u001b[24mc',
      '<pre><span style="font-style: italic; text-decoration: underline">a</span><span style="text-decoration: underline">b</span>c</pre>',
    ],
    ['\u001b[38;5;196ma\u001b[39mb', '<pre><span style="color: #ff0000">a</span>b</pre>'],
    ['\u001b[38;5;1ma', '<pre><span style="color: #d1383d">a</span></pre>'],
    ['\u001b[48;5;240ma\u001b[49mb', '<pre><span style="background-color: #585858">a</span>b</pre>'],
    ['\u001b[38;2;1;2;999ma', '<pre><span style="color: #0102ff">a</span></pre>'],
    [
      '\u001b[38;9ma\u001b[92;103mb',
      '<pre>a<span style="color: #2e9e44; background-color: #b58a00">b</span></pre>',
    ],
    ['\u001b[1ma\u001b[22mb\u001b[7mc', '<pre><span style="font-weight: bold">a</span>bc</pre>'],
  ])('%j', (text, shown) => {
    expect(ansiToHtml(text)).toBe(shown);
  });
});
