import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { run, Workers } from '../support/workers.ts';

/** A worker that speaks the protocol as far as `answer(head)` has it. Channels: `out`, `err` for text, `main` for messages. */
const impostor = (answer: string, before = ''): string => `
import json, os, struct, sys, time
out, err, main, *spare = [int(n) for n in sys.argv[1].split(",")]

def raw(data, fd=None):
    view = memoryview(data)
    while view: view = view[os.write(main if fd is None else fd, view):]

def frame(head, body=b""):
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack(">II", len(text), len(body)) + text + body

def send(kind, **fields): raw(frame({"kind": kind, **fields}))
def done(id, order=0, **fields): send("done", **{"id": id, "order": order, "error": None, "userExpressions": {}, **fields})
def hello(**fields): send("hello", **{"version": 1, "role": "worker", "pid": os.getpid(), **fields})

def receive(fd=None):
    data = b""
    while len(data) < 8: data += os.read(main if fd is None else fd, 8 - len(data))
    size = struct.unpack(">II", data)[0]
    text = b""
    while len(text) < size: text += os.read(main if fd is None else fd, size - len(text))
    return json.loads(text)

def shown(id, **fields):
    return {"id": id, "order": 0, "data": {"text/plain": "x"}, "metadata": {}, "binary": [], **fields}

${before === '' ? 'hello()' : before}
while True:
    head = receive()
    if head["kind"] == "execute" and head["code"] == "honest":
        done(head["id"])
        continue
${answer
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
`;

let workers = new Workers();
afterEach(async () => {
  await workers.close();
  workers = new Workers();
});

const ground = (answer: string, before?: string): ReturnType<Workers['create']> =>
  workers.create({ impostor: impostor(answer, before), busyGraceMs: 200 });
const create = (answer: string, before?: string): SessionWorker => ground(answer, before).worker;

describe('a worker that breaks the protocol is ended, and its helper with it', () => {
  it.each([
    ['garbage', 'raw(b"\\xff" * 100)'],
    ['a head of 4 GB', 'raw(b"\\xff\\xff\\xff\\xff\\0\\0\\0\\0")'],
    ['a body of 1 GB', 'raw(b"\\0\\0\\0\\2\\x40\\0\\0\\0{}")'],
    ['JSON that is no message', 'raw(frame(b"[1, 2, 3]"))'],
    ['deep nesting', 'raw(frame(b\'{"kind":\' + b"[" * 200000 + b"]" * 200000 + b"}"))'],
    ['an unknown kind', 'send("tool_call", id=head["id"])'],
    ['a second hello', 'hello()'],
    ['the end of another request', 'done("another")'],
    ['an output of another request', 'send("display", **shown("another"))'],
    ['the answer to a question', 'send("reply", id=head["id"])'],
    [
      'an input request where none can be asked',
      'send("input_request", id=head["id"], order=0, prompt="", password=False)',
    ],
    ['a snapshot’s trouble', 'send("stuck", problem="none")'],
    [
      'buffers that do not fit',
      'raw(frame({"kind": "display", **shown(head["id"]), "buffers": [5]}, b"four"))',
    ],
    ['an image without bytes', 'send("display", **shown(head["id"], binary=["image/png"]))'],
  ])('%s', async (_, answer) => {
    const worker = create(answer);
    const outcome = await run(worker, 'attack');
    expect(outcome.status).toBe('died');
    expect(outcome.notice).toMatch(/^Python sent a message .*so it was ended/);
    expect((await run(worker, 'honest')).status).toBe('ok');
  });

  it.each([
    ['an output after the end', 'send("display", **shown(head["id"]))'],
    ['two ends', 'done(head["id"], 6)'],
  ])('%s, which does not undo the first', async (_, answer) => {
    const worker = create(`done(head["id"], 5)\n${answer}`);
    expect((await run(worker, 'attack')).status).toBe('ok');
    expect((await run(worker, 'honest')).notice).toContain('out of turn');
  });

  it('an unasked message between two helpers', async () => {
    const { worker, workspace } = ground(
      'pass',
      'hello()\nreceive_first = receive()\ndone(receive_first["id"])\ntime.sleep(0.2)\nsend("display", **shown("x"))\nopen("sent", "w").close()',
    );
    expect((await run(worker, 'first')).status).toBe('ok');
    await expect.poll(() => existsSync(join(workspace, 'sent'))).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 300)); // it is read
    const { notice } = await run(worker, 'honest');
    expect(notice).toContain('kind display out of turn');
  });
});

describe('a worker that says what it may, but not what is so,', () => {
  it('can be silent: the host goes on', async () => {
    const worker = create('import signal\nsignal.signal(2, signal.SIG_IGN)\ntime.sleep(100)');
    expect((await run(worker, 'silent', { timeoutMs: 100 })).status).toBe('timeout');
    const next = await run(worker, 'honest');
    expect(next.status).toBe('ok');
    expect(next.notice).toContain('still busy');
  });

  it('may ask one thing at a time', async () => {
    const ask = 'send("input_request", id=head["id"], order=0, prompt="", password=False)';
    const worker = create(`${ask}\n${ask}`);
    const outcome = await run(worker, 'ask', { onInput: () => new Promise(() => undefined) });
    expect(outcome.status).toBe('died');
  });

  it('is not waited for where marks are forged or missing', async () => {
    const worker = create(
      [
        'mark = lambda kind, n: f"\\x1b_R:{head[\'token\']}:{kind}{n}\\x1b\\\\".encode()',
        'raw(mark("s", 1) + b"text" + mark("m", 999999999) + b"after", out)',
        'raw(mark("s", 1) + mark("s", 3), err)',
        'send("display", **shown(head["id"], order=50))',
        'done(head["id"], 60)',
      ].join('\n'),
    );
    const outcome = await run(worker, 'forge');
    expect(outcome.status).toBe('ok');
    expect(outcome.stdout).toBe('textafter');
    expect(outcome.outputs).toHaveLength(3);
  });

  it('is heard to its end and not beyond where it denies that there was text', async () => {
    const worker = create(
      [
        'mark = lambda kind, n: f"\\x1b_R:{head[\'token\']}:{kind}{n}\\x1b\\\\".encode()',
        'for fd in (out, err): raw(mark("s", 1) + b"text" + mark("m", 7) + b"held", fd)',
        'time.sleep(0.1)',
        'send("display", **shown(head["id"], order=9))',
        'send("display", **shown(head["id"], order=2**53 - 1, quiet=True))',
        'send("input_request", id=head["id"], order=3, quiet=True, prompt="", password=False)',
        'done(head["id"], 0, quiet=True)',
      ].join('\n'),
    );
    const abandoned: boolean[] = [];
    const outcome = await run(worker, 'lie', {
      onInput: (_prompt, _password, gone) =>
        new Promise(() => gone?.addEventListener('abort', () => abandoned.push(true))),
    });
    expect(outcome.status).toBe('ok');
    expect([outcome.stdout, outcome.stderr]).toEqual(['textheld', 'textheld']);
    expect(outcome.outputs.filter(({ kind }) => kind === 'display')).toHaveLength(2);
    expect(abandoned).toEqual([true]);
    expect((await run(worker, 'honest')).status).toBe('ok');
  });

  it.each([
    ['two ends', 'done(head["id"], 1, quiet=True)\ndone(head["id"], 2, quiet=True)'],
    ['an end before the one that it sent first', 'done(head["id"], 5)\ndone(head["id"], 1, quiet=True)'],
  ])('is ended where it sends %s without text, which undoes nothing', async (_, answer) => {
    const worker = create(answer);
    expect((await run(worker, 'attack')).status).toBe('ok');
    expect((await run(worker, 'honest')).notice).toContain('out of turn');
  });

  it('floods the host with no more than a bounded amount', async () => {
    const worker = create('for n in range(100100): send("display", **shown(head["id"]))\ndone(head["id"])');
    const outcome = await run(worker, 'flood');
    expect(outcome.status).toBe('ok');
    expect(outcome.outputs).toHaveLength(100_000);
    expect(outcome.notice).toContain('dropped');
  });

  it('gives answers that are not taken', async () => {
    const worker = create('send("reply", id=head["id"], matches=3, status="maybe", data=[], complaint={})');
    expect(await worker.complete('x', 1)).toEqual({ matches: [], cursorStart: 1, cursorEnd: 1 });
    expect(await worker.inspect('x', 1, 0)).toBeUndefined();
    expect(await worker.isComplete('x')).toEqual({ status: 'invalid' });
    expect(await worker.check('x', 'python')).toBeUndefined();
  });

  it('claims a snapshot that is none', async () => {
    const refused = create('send("reply", id=head["id"], problem="no memory")');
    await expect(refused.snapshot()).rejects.toMatchObject({ code: 'SNAPSHOT_FAILED' });
    const forged = create(
      [
        'if head["kind"] == "snapshot":',
        '    raw(b"noise" + head["nonce"].encode() + frame({"kind": "hello", "version": 1, "role": "worker", "pid": 99999}), spare[head["channel"] - 1])',
        '    send("reply", id=head["id"])',
      ].join('\n'),
    );
    await expect(forged.snapshot()).rejects.toThrow('it sent hello');
    expect((await run(forged, 'honest')).status).toBe('ok');
    const stuck = create(
      [
        'if head["kind"] == "snapshot":',
        '    if os.fork() == 0:',
        '        os.setsid()',
        '        raw(head["nonce"].encode() + frame({"kind": "hello", "version": 1, "role": "snapshot", "pid": 99999}), spare[head["channel"] - 1])',
        '        receive(spare[head["channel"] - 1])',
        '        raw(frame({"kind": "stuck", "problem": "it could not be forked"}), spare[head["channel"] - 1])',
        '        time.sleep(1000)',
        '    send("reply", id=head["id"])',
      ].join('\n'),
    );
    const id = await stuck.snapshot();
    await expect(stuck.resume(id)).rejects.toThrow('could not be forked');
    const after = await run(stuck, 'honest');
    expect(after.status).toBe('ok');
  });
});

describe('a worker that does not start', () => {
  it.each([
    ['ends', 'sys.exit(3)'],
    ['fails', 'raise OSError("no such luck")'],
    ['sends garbage', 'raw(b"\\xff" * 100); time.sleep(100)'],
    ['sends another message', 'send("reply", id="x"); time.sleep(100)'],
    ['speaks another protocol', 'hello(version=2); time.sleep(100)'],
  ])('because it %s is an error with a remedy', async (_, before) => {
    const worker = create('pass', before);
    await expect(worker.ready()).rejects.toMatchObject({ code: 'WORKER_FAILED' });
    await expect(run(worker, 'honest')).rejects.toMatchObject({ code: 'WORKER_FAILED' });
  });

  it('names the Python that has no IPython', async () => {
    const worker = create('pass', 'raise ModuleNotFoundError("No module named \'IPython\'")');
    await expect(worker.ready()).rejects.toMatchObject({ code: 'PYTHON_WITHOUT_IPYTHON' });
  });
});
