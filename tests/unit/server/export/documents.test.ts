import { describe, expect, it } from 'vitest';
import { html } from '../../../../server/cli/export/html.ts';
import { md } from '../../../../server/cli/export/md.ts';
import type { Format } from '../../../../server/cli/export/contract.ts';
import { readNotebook } from '../../../../server/cli/notebook/read.ts';
import { codeCell, markdownCell, saveNotebook } from '../../../support/saved-session.ts';
import { temporaryDirectory } from '../temporary.ts';

const shown = (data: Record<string, unknown>, metadata: unknown = {}) => ({
  output_type: 'display_data',
  data,
  metadata,
});
const failure = (traceback: unknown) => ({
  output_type: 'error',
  ename: 'KeyError',
  evalue: "'n'",
  traceback,
});
const rawCell = (source: string) => ({ cell_type: 'raw', metadata: {}, source });
const exported = async (format: Format, cells: readonly unknown[], name?: string) =>
  format.write(await readNotebook(saveNotebook(temporaryDirectory(), cells, name)));
const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4"/></svg>';
const evilSvg = svg.replace('<rect', '<script>alert(1)</script><rect');

/** Outputs that no kernel of Replique's writes: wrong types, binary data, and what would run. */
const hostile = [
  shown({ 'text/plain': 7, 'text/html': { a: 1 }, 'image/png': [1], 'application/pdf': 'JVBERi0=' }),
  shown({ 'application/javascript': 'alert(1)', 'text/plain': ['said ', 'in pieces\n'] }),
  shown({ 'application/octet-stream': 'AAEC' }, { replique: 'turn' }),
  shown({ 'image/png': 'bm90IGFuIGltYWdl', 'text/plain': 'no image' }),
  { output_type: 'execute_result', data: [], metadata: {}, execution_count: 1 },
  { output_type: 'stream', name: 'stdout' },
  { output_type: 'none-such', data: {} },
  'no output',
  null,
];

describe('a document of a session', () => {
  it('shows every kind of cell as what it is: Markdown', async () => {
    const text = await exported(md, [
      markdownCell('\n## Title\n'),
      rawCell('raw ```` text'),
      codeCell('%%bash\nls', 1),
      codeCell('%%python\nn', 2),
      codeCell('%%deno\nlet a', 3),
      codeCell('%model x\n', null),
      codeCell('# Parameters\nn = 1\n', 5),
      codeCell('> quoted\n12) no list\n- [x](javascript:alert(1))', 6),
    ]);
    for (const part of [
      '\n## Title\n',
      '`````\nraw ```` text\n`````',
      '**In [1]:**\n\n```bash\n%%bash\nls\n```',
      '**In [2]:**\n\n```python\n%%python\nn\n```',
      '**In [3]:**\n\n```\n%%deno\nlet a\n```',
      '**In [ ]:**\n\n```\n%model x\n```',
      '```python\n# Parameters\nn = 1\n```',
      '> \\> quoted  \n> 12\\) no list  \n> \\- ',
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('](javascript:');
  });

  it('shows every kind of cell as what it is: a page', async () => {
    const text = await exported(
      html,
      [
        markdownCell('## Title <b>'),
        rawCell('raw <i>'),
        codeCell(' \n', 1),
        codeCell('%%bash\nls', null),
        codeCell('Who is <i>?', 2, [shown({ 'text/markdown': '**she**' })]),
      ],
      '<title>&.ipynb',
    );
    expect(text).toContain('<title>&lt;title&gt;&amp;</title>');
    expect(text).toContain('<section class="text"><h2>Title &lt;b&gt;</h2>');
    expect(text).toContain('<section class="text"><pre>raw &lt;i&gt;</pre></section>');
    expect(text).not.toContain('In [1]');
    expect(text).toContain('<span class="label">In [ ]</span>\n<pre class="code">%%bash\nls</pre>');
    expect(text).toContain(
      '<p class="prompt">Who is &lt;i&gt;?</p>\n<div class="result"><p><strong>she</strong>',
    );
  });

  it.each([
    ['md', md],
    ['html', html],
  ])('has of outputs in %s what can be read, and nothing that runs', async (_name, format) => {
    const text = await exported(format, [
      codeCell('x', 1, [
        ...hostile,
        failure(['\u001b[31mKeyError\u001b[0m', 'line 2']),
        failure([]),
        shown({ 'image/svg+xml': svg.match(/[^>]*>/g) }),
        shown({ 'image/svg+xml': evilSvg }),
      ]),
    ]);
    expect(text).toContain('said in pieces');
    expect(text).toContain('no image');
    expect(text).not.toMatch(/JVBERi|AAEC|bm90IGFu|alert|\u001b|undefined|\[object/);
    expect(text).toContain('KeyError\nline 2');
    const images = [...text.matchAll(/data:image\/svg\+xml;base64,([\w+/=]+)/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64').toString(),
    );
    expect(images).toHaveLength(2);
    for (const image of images) expect(image).toMatch(/^<svg[^]*<rect[^]*<\/svg>$/);
    expect(images.join('')).not.toContain('script');
  });

  it('says the error where there is no traceback, in the place of one', async () => {
    expect(await exported(md, [codeCell('x', 1, [failure([])])])).toContain("```text\nKeyError: 'n'\n```");
    expect(await exported(html, [codeCell('x', 1, [failure([])])])).toContain(
      '<div class="error"><pre>KeyError: &#39;n&#39;</pre></div>',
    );
  });

  it('leaves no empty block for an output without text', async () => {
    const cells = [codeCell('Ask', 1, [shown({ 'text/plain': '' }), shown({ 'text/markdown': 'end' })])];
    expect(await exported(md, cells)).toMatch(/\n> Ask\n\nend\n$/);
    expect(await exported(html, cells)).toContain('<div class="result"></div>');
  });

  it('shows Markdown that is too long, or of which nothing is to be seen, as it was written', async () => {
    const long = '*a* '.repeat(70_000);
    const text = await exported(html, [markdownCell(long), markdownCell('#')]);
    expect(text.includes('<pre>*a* *a* ')).toBe(true);
    expect(text.includes('<em>')).toBe(false);
    expect(text.endsWith('<pre>#</pre></section>\n</main>\n</body>\n</html>\n')).toBe(true);
  });

  it('names no notebook in a way that ends its comment', async () => {
    expect(await exported(md, [], 'a--><script>.ipynb')).toMatch(
      /^<!-- From the notebook a___script_\.ipynb, [^>]*-->\n$/,
    );
  });
});
