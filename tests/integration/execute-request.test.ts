import { afterEach, describe, expect, it } from 'vitest';
import { KernelUnderTest } from '../support/kernels.ts';

let open: KernelUnderTest | undefined;
afterEach(async () => {
  await open?.end();
  open = undefined;
});
async function start(...given: Parameters<typeof KernelUnderTest.start>): Promise<KernelUnderTest> {
  open = await KernelUnderTest.start(...given);
  return open;
}

describe('user_expressions', () => {
  const asked = { sum: '20 + 22', table: 'HTML("<b>x</b><script>1</script>")', wrong: '1 / 0', odd: 'x =' };

  it('have each a rich value or an error of its own, through the firewall', async () => {
    const kernel = await start({ config: { openaiApiKey: 'sk-secret-secret' } });
    const key = '"sk-secret" + "-secret"';
    const code = '%%python\nfrom IPython.display import HTML';
    const { reply } = await kernel.run(code, { user_expressions: { ...asked, key } });
    expect(reply['status']).toBe('ok');
    expect(reply['user_expressions']).toMatchObject({
      sum: { status: 'ok', data: { 'text/plain': '42' }, metadata: {} },
      table: { status: 'ok', data: { 'text/plain': '<IPython.core.display.HTML object>' } },
      wrong: { status: 'error', ename: 'ZeroDivisionError', evalue: 'division by zero' },
      odd: { status: 'error', ename: 'SyntaxError' },
      key: { status: 'ok', data: { 'text/plain': "'[redacted]'" } },
    });
    const { data } = (reply['user_expressions'] as Record<string, { data: Record<string, string> }>)[
      'table'
    ]!;
    expect(data['text/html']).toMatch(/sandbox=|^<b>x<\/b>$/);
  });

  it.each([
    ['a prompt', 'How many?', {}],
    ['a magic', '%help', {}],
    ['an empty cell', '', {}],
    ['a silent one', '', { silent: true }],
    ['bash', '%%bash\ntrue', {}],
  ])('of %s are evaluated, too', async (_what, code, content) => {
    const kernel = await start({ replies: [{ text: 'Two.' }] });
    const { reply } = await kernel.run(code, { ...content, user_expressions: { sum: '20 + 22' } });
    expect(reply['user_expressions']).toMatchObject({ sum: { data: { 'text/plain': '42' } } });
  });

  it('of a cell that fails are not', async () => {
    const kernel = await start();
    const { reply } = await kernel.run('%%python\n1/0', { user_expressions: { sum: '20 + 22' } });
    expect(reply).toMatchObject({ status: 'error', ename: 'ZeroDivisionError' });
  });
});

describe('a cell that is silent or not stored', () => {
  it('takes no number, and nothing that another cell came to', async () => {
    const kernel = await start();
    await kernel.run('%%python\n"kept"');
    const silent = await kernel.run('%%python\nx = 7\n"silent"', { silent: true });
    expect(silent.reply['execution_count']).toBe(1);
    expect(silent.outputs).toEqual([]);
    const unstored = await kernel.run('%%python\n"unstored"', { store_history: false });
    expect(unstored.reply['execution_count']).toBe(1);
    expect(unstored.text).toBe("'unstored'");
    const after = await kernel.run('%%python\nprint(x, Out[1], In[1])');
    expect(after.reply['execution_count']).toBe(2);
    expect(after.text).toContain('7 kept "kept"');
  });
});

describe('what is to be paged through', () => {
  const lines = { allow_stdin: true };
  const paged = (reply: Readonly<Record<string, unknown>>): unknown => {
    const [page, ...rest] = reply['payload'] as {
      source: string;
      start: number;
      data: Record<string, string>;
    }[];
    expect(rest).toEqual([]);
    expect(page).toMatchObject({ source: 'page', start: 0 });
    return page?.data['text/plain'];
  };

  it.each(['?len', '%%python\nlen?', '?%check'])(
    '%s: is in the reply of a console, and not on it twice',
    async (code) => {
      const kernel = await start();
      await kernel.client.ask('is_complete_request', { code });
      const { reply, outputs } = await kernel.run(code, lines);
      expect(paged(reply)).toMatch(/number of items|Checks the system/);
      expect(outputs).toEqual([]);
    },
  );

  it('is shown where no pager is known of', async () => {
    const kernel = await start();
    const { reply, text } = await kernel.run('?len', lines);
    expect(paged(reply)).toContain('number of items');
    expect(text).toContain('number of items');
  });

  it.each(['?len', '%%python\nlen?'])(
    '%s: is an output of a notebook, and in its reply no second one',
    async (code) => {
      const kernel = await start();
      await kernel.client.ask('is_complete_request', { code });
      const { reply, text } = await kernel.run(code);
      expect(reply['payload']).toEqual([]);
      expect(text).toContain('number of items');
    },
  );
});
