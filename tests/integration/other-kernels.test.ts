import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../../kernel/alive.ts';
import type { KernelProgram } from '../../kernel/sandbox/contract.ts';
import { polyglotWorker } from '../../kernel/sandbox/polyglot-worker.ts';
import { deno, impostor, programFor, scheme } from '../support/other-kernels.ts';
import { run, Workers, type Ran } from '../support/workers.ts';

/** Code of other languages, run by real kernels that others have made, in the sandbox. */

let workers: Workers;
beforeEach(() => {
  workers = new Workers();
});
afterEach(() => workers.close());

type Run = (code: string, options?: Parameters<typeof run>[2]) => Promise<Ran>;

function start(
  kernel: KernelProgram,
  given: Parameters<Workers['create']>[0] = {},
): { run: Run; workspace: string } {
  const { worker, workspace } = workers.create({ isolation: 'bubblewrap', kernel, ...given });
  return { workspace, run: (code, options) => run(worker, code, { language: kernel.name, ...options }) };
}

const texts = ({ outputs }: Ran): readonly unknown[] =>
  outputs.flatMap((output) => (output.kind === 'result' ? [output.data['text/plain']] : []));
const abortAfter = (ms: number): AbortSignal => AbortSignal.timeout(ms);

describe('Deno', () => {
  const program = programFor('deno', deno);

  it('keeps its variables, shows results, text and displays in order, and writes into the workspace', async () => {
    const { run, workspace } = start(program);
    expect(texts(await run('const prices: number[] = [3, 4]; prices.length'))[0]).toContain('2');
    const shown = await run(
      `console.log("one"); console.error("two");
await Deno.jupyter.display({ "text/html": "<b>3</b>" }, { raw: true });
console.log("four"); Deno.writeTextFileSync("sum.txt", String(prices[0] + prices[1])); "five"`,
    );
    expect(shown.status).toBe('ok');
    expect(shown.stdout).toBe('one\nfour\n');
    expect(shown.stderr).toBe('two\n');
    expect(shown.outputs).toContainEqual({
      kind: 'display',
      data: { 'text/html': '<b>3</b>' },
      metadata: {},
    });
    expect(texts(shown)[0]).toContain('five');
    expect(readFileSync(join(workspace, 'sum.txt'), 'utf8')).toBe('7');
  });

  it('loses no line, though it says that it is idle before they are sent', async () => {
    const { run } = start(program);
    const { stdout } = await run('for (let i = 0; i < 20_000; i++) console.log(i)');
    const lines = stdout.split('\n');
    expect([lines.length, lines.at(-2)]).toEqual([20_001, '19999']);
    expect((await run('console.log("next")')).stdout).toBe('next\n');
  });

  it('reports what is thrown, once', async () => {
    const { run } = start(program);
    const { status, error, outputs } = await run('throw new RangeError("too far")');
    expect(status).toBe('error');
    expect(error).toMatchObject({ ename: 'RangeError', evalue: 'too far' });
    expect(outputs.filter(({ kind }) => kind === 'error')).toHaveLength(1);
  });

  it('asks the person', async () => {
    const { run } = start(program);
    const asked = await run('prompt("Who?")', { onInput: (prompt) => Promise.resolve(`${prompt} Ada`) });
    expect(texts(asked)[0]).toContain('Who? Ada');
    expect(texts(await run('prompt("Who?") ?? "no one"'))[0]).toContain('no one');
  });

  it('is ended by an interrupt, which it can’t survive, and comes back', async () => {
    const { run } = start(program);
    await run('var kept = 1');
    const { status, notice } = await run('while (true) {}', { signal: abortAfter(300) });
    expect(status).toBe('interrupted');
    expect(notice).toMatch(/^deno was ended by signal 2\. It was started anew: all variables/);
    expect(texts(await run('typeof kept'))[0]).toContain('undefined');
  });

  it('is told when it ends itself', async () => {
    const { run } = start(program);
    expect(await run('Deno.exit(3)')).toMatchObject({
      status: 'died',
      notice: expect.stringContaining('deno ended itself with exit status 3.') as string,
    });
    expect(texts(await run('1 + 1'))[0]).toContain('2');
  });

  it('may reserve more address space than memory, and use no more memory than is allowed', async () => {
    const { run } = start(program, { limits: { memoryBytes: 400 * 2 ** 20 } });
    expect((await run('1')).status).toBe('ok');
    const { status, notice } = await run(
      'const all = []; for (;;) { all.push(new Uint8Array(20e6).fill(1)); await new Promise((r) => setTimeout(r, 1)); }',
    );
    expect(status).toBe('limit');
    expect(notice).toContain('of memory; 400 MB are allowed');
  });

  it('sees what Python’s helpers see: no network, no host, nothing to write but the workspace', async () => {
    const { run } = start(program);
    for (const code of [
      'await Deno.connect({ hostname: "1.1.1.1", port: 80 })',
      'Deno.listen({ transport: "unix", path: "/workspace/socket" })',
      `Deno.readTextFileSync(${JSON.stringify(process.cwd() + '/package.json')})`,
      'Deno.writeTextFileSync("/usr/share/x", "")',
      'Deno.kill(1, "SIGKILL"); await new Promise((r) => setTimeout(r, 50)); throw new Error("PID 1 lives")',
    ]) {
      expect((await run(code)).status, code).toBe('error');
    }
  });
});

describe('Calysto Scheme', () => {
  const program = programFor(scheme);

  it('runs on libzmq, keeps its variables and its errors', async () => {
    const { run } = start(program);
    await run('(define x 6)');
    expect(texts(await run('(* x 7)'))).toEqual(['42']);
    expect((await run('(display "text")')).stdout).toBe('text');
    expect(await run('(car 5)')).toMatchObject({ status: 'error', error: { ename: 'RunTimeError' } });
    expect((await run('%help')).outputs).toMatchObject([{ kind: 'display' }]);
  });

  it('is interrupted without losing what it knows', async () => {
    const { run } = start(program);
    await run('(define x 5) (define (loop) (loop))');
    expect((await run('(loop)', { signal: abortAfter(300) })).status).toBe('interrupted');
    expect(await run('(loop)', { timeoutMs: 300 })).toMatchObject({
      status: 'timeout',
      notice: expect.stringContaining('Stopped after 0.3 s') as string,
    });
    expect(texts(await run('x'))).toEqual(['5']);
  });

  it('asks the person, and is told where there is none', async () => {
    const { run } = start(program);
    const asked = await run('%python print(input("Who? "))', { onInput: () => Promise.resolve('Ada') });
    expect(asked.stdout).toBe('Ada\n');
    const unanswered = await run('%python print(input("Who? "))', {
      onInput: () => Promise.reject(new Error('none')),
    });
    expect(unanswered).toMatchObject({ status: 'error', error: { ename: 'EOFError' } });
    expect(await run('%python input()')).toMatchObject({ error: { ename: 'StdinNotImplementedError' } });
  });
});

describe('a session of several languages', () => {
  it('forgets all of them with a restart, and leaves nothing that runs when it is closed', async () => {
    const main = workers.create({ isolation: 'bubblewrap' });
    const other = workers.create({ isolation: 'bubblewrap', kernel: programFor('deno', deno) });
    let opened = 0;
    const worker = polyglotWorker(main.worker, () => {
      opened += 1;
      return other.worker;
    });
    const typescript = (code: string): Promise<Ran> => run(worker, code, { language: 'deno' });
    await run(worker, 'kept = 1');
    await typescript('var kept = 1');
    expect(texts(await typescript('kept'))[0]).toContain('1');
    expect(opened).toBe(1);
    const before = [await main.worker.firstProcess(), await other.worker.firstProcess()];
    await worker.restart();
    expect(await other.worker.firstProcess()).toBeUndefined();
    expect((await run(worker, 'kept')).error?.ename).toBe('NameError');
    await worker.close();
    for (const pid of before) expect(isAlive(pid ?? 0)).toBe(false);
  });
});

describe('what is no kernel', () => {
  const listen = `
def serve(name):
    server = socket.create_server(("127.0.0.1", connection[name + "_port"]))
    return server.accept()[0]
`;
  it.each([
    ['that is not there', { ...impostor(''), argv: ['/usr/bin/no-such-program'] }, 'No such file'],
    ['that ends with a reason', impostor('sys.exit("no licence found")'), 'no licence found'],
    ['that ends without one', impostor('pass'), 'it ended at once'],
    ['that hides in the background', impostor('if os.fork(): sys.exit("gone")\ntime.sleep(99)'), 'gone'],
    [
      'that speaks HTTP',
      impostor(`${listen}\nserve("shell").sendall(b"HTTP/1.1 400 Bad Request\\r\\n" * 9); time.sleep(99)`),
      'does not answer as a kernel',
    ],
    [
      'that announces a frame of 2^63 bytes',
      impostor(`${listen}
link = serve("shell")
link.sendall(b"\\xff" + bytes(8) + b"\\x7f\\x03\\x00" + b"NULL".ljust(20, b"\\0") + bytes(32) + b"\\x06" + b"\\x7f" * 8)
time.sleep(99)`),
      'does not answer as a kernel',
    ],
  ])('%s does not start, and says why', async (_, kernel, reason) => {
    const { run } = start(kernel);
    await expect(run('1')).rejects.toMatchObject({
      code: 'KERNEL_FAILED',
      message: expect.stringContaining(reason) as string,
    });
  });
});
