import { expect, it } from 'vitest';
import { safeBundle } from '../../../kernel/output/firewall/bundle.ts';
import { createRedactor } from '../../../kernel/output/firewall/redact.ts';
import { bundleOf } from '../../../kernel/tape/outputs.ts';

const redactor = createRedactor(['sk-secret-value']);

it.each([
  ['text/plain', 'a\u001b[31mred\u001b[0m \u202e turned sk-secret-value'],
  [
    'text/html',
    '<script>document.body.append("drawn")</script><p title="a & &quot;b&quot;">&amp;amp; text</p>',
  ],
  ['text/html', '<html><head></head><body><script>let a = "&quot;" && 1</script></body></html>'],
  ['text/html', '<body><script>1</script>'],
  ['text/html', '<p onclick="x()">a<b>c</b> &lt;i&gt; <img src="https://example.org/a.png" alt="it"></p>'],
  [
    'text/html',
    '<a href="https://example.org/x">https://bank.example</a> and <a href="https://b.example">b</a>',
  ],
  [
    'text/html',
    '<table class="dataframe other" border="1"><tr><th>a</th></tr><tr><td>1 &lt; 2</td></tr></table>',
  ],
  ['text/html', '<iframe src="https://example.org"></iframe><p>seen</p>'],
  ['text/latex', '$\\href{x}{y} \\frac{1}{2} \\def\\a{b}$'],
  [
    'image/svg+xml',
    '<svg xmlns="http://www.w3.org/2000/svg"><a href="x"><text>a &amp; b</text></a><script>1</script></svg>',
  ],
  ['application/json', { a: [1, 'sk-secret-value', null] }],
])('leaves %s that it has made safe as it is: %.60s', (type, value) => {
  const once = safeBundle({ [type]: value, 'text/plain': 'x' }, {}, redactor);
  const twice = safeBundle(bundleOf(once.data), {}, redactor);
  expect(twice.data).toEqual(once.data);
  expect(twice.notices).toEqual([]);
});

it.each([
  '# Title\n\n**bold** <b>raw</b> & &amp; text',
  '![image](https://example.org/a.png) [link](https://example.org) [ref][1]\n\n[1]: https://example.org',
  '```mermaid\ngraph TD\n```\n\n- a\n- ```\n  code\n  ```',
  'a \\* b * c _d_ <script>x</script> $x^2$ https://example.org <https://example.org>',
  '[https://bank.example](https://evil.example) | a | b |\n| --- | --- |\n| 1 | 2 |',
])('leaves Markdown that it has made safe as it is: %.60s', (text) => {
  const once = safeBundle({ 'text/markdown': text }, {}, redactor);
  expect(safeBundle(bundleOf(once.data), {}, redactor).data).toEqual(once.data);
});
