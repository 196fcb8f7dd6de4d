import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { plain } from '../../kernel/audit/chain.ts';
import { eventsIn, kindOf } from '../support/audits.ts';
import { KernelUnderTest } from '../support/kernels.ts';

/** What a session leaves in the audit, with the real kernel and the real sandbox. */

let open: KernelUnderTest | undefined;
afterEach(async () => {
  await open?.end();
  open = undefined;
});
async function start(...given: Parameters<typeof KernelUnderTest.start>): Promise<KernelUnderTest> {
  open = await KernelUnderTest.start(...given);
  return open;
}

const helper = (code: string, lang = 'python'): string => `<helpers lang="${lang}">\n${code}\n</helpers>`;

describe('the audit of a session', () => {
  it('tells who ran what where, without the code, the outputs or an error’s words', async () => {
    const secret = 'print("the-words-of-the-code")';
    const kernel = await start({ replies: [{ text: helper(secret) }, { text: 'Done.' }] });
    await kernel.run('Please say the-words-of-the-prompt.');
    await kernel.run('%%bash\necho the-words-of-bash; exit 3');
    const events = eventsIn(kernel.auditDir);
    const runs = events.filter((event) => ['run-start', 'run-end'].includes(kindOf(event)));
    expect(runs).toMatchObject([
      {
        run: 1,
        cell: 1,
        origin: 'helper',
        turn: 1,
        helper: 1,
        language: 'python',
        code_sha256: plain(secret),
      },
      { run: 1, status: 'ok', output_bytes: 22 },
      { run: 2, origin: 'kernel' },
      { run: 2, status: 'ok' },
      { run: 3, cell: 2, origin: 'cell', language: 'bash' },
      { run: 3, status: 'error' },
    ]);
    expect(events.map(kindOf)).toEqual(expect.arrayContaining(['session-start', 'worker-start']));
    const text = readdirSync(kernel.auditDir)
      .map((name) => readFileSync(join(kernel.auditDir, name), 'utf8'))
      .join('');
    expect(text).not.toContain('the-words');
  });

  it('has the output that the firewall refused, and the worker that ended', async () => {
    const kernel = await start();
    await kernel.run(
      '%%python\nfrom IPython.display import display\ndisplay({"application/javascript": "alert(1)"}, raw=True)',
    );
    await kernel.run('%%python\nimport os; os._exit(7)');
    const events = eventsIn(kernel.auditDir);
    expect(events.find((event) => kindOf(event) === 'outputs-refused')).toMatchObject({
      cell: 1,
      types: ['application/javascript'],
    });
    expect(events.find((event) => kindOf(event) === 'worker-end')).toMatchObject({ status: 7 });
  });

  it('that can’t be written keeps code from running, and the cell says why and what mends it', async () => {
    const kernel = await start({ config: { auditDir: '/proc/replique-audit' } });
    const cell = await kernel.run('%%python\nopen("ran", "w").close()');
    expect(cell.reply).toMatchObject({ status: 'error', ename: 'AuditUnavailable' });
    expect(JSON.stringify(cell.reply)).toContain('REPLIQUE_AUDIT_DIR');
    expect(readdirSync(kernel.workspace)).toEqual([]);
  });

  it('names the cell as its notebook does, where the client says so', async () => {
    const kernel = await start();
    await kernel.finished(kernel.client.execute('%%python\nprint(1)', {}, { cellId: 'b1f0' }));
    await kernel.run('%%python\nprint(2)');
    const runs = eventsIn(kernel.auditDir).filter((event) => kindOf(event) === 'run-start');
    expect(runs.map((event) => event['cell_id'])).toEqual(['notebook:b1f0', undefined]);
  });

  it('that is switched off is said in the cell', async () => {
    const kernel = await start({ config: { audit: 'off' } });
    const cell = await kernel.run('%%python\nprint(1)');
    expect(cell.reply['status']).toBe('ok');
    expect(cell.text).toContain('not recorded');
    expect(() => readdirSync(kernel.auditDir)).toThrow('ENOENT');
  });

  it('is out of a helper’s reach, and no workspace', async () => {
    const kernel = await start();
    const cell = await kernel.run(
      `%%python\nimport os\nprint(os.path.exists(${JSON.stringify(kernel.auditDir)}), os.path.exists(${JSON.stringify(dirname(kernel.auditDir))}))`,
    );
    expect(cell.text).toContain('False False');
    expect(readdirSync(kernel.auditDir).length).toBeGreaterThan(0);
  });
});
