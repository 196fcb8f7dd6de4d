import type { CellRequest, Interpreter, WidgetRequest } from '../../../kernel/interpreter/contract.ts';
import type { CellEvent, CellOutcome } from '../../../kernel/loop/events.ts';
import type { SessionKeeper } from '../../../kernel/router/contract.ts';
import type { EmitterFactory } from '../../../kernel/output/contract.ts';

const failure = (ename: string, interrupted = false): CellOutcome => ({
  status: 'error',
  error: { ename, evalue: `${ename} happened`, traceback: [ename] },
  interrupted,
});

/** Each expression as its own value. */
const echoed = (expressions: CellRequest['userExpressions']): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(expressions).map(([name, code]) => [
      name,
      { status: 'ok', data: { 'text/plain': code }, metadata: {} },
    ]),
  );

const stream = (text: string): CellEvent => ({
  type: 'output',
  output: { kind: 'stream', name: 'stdout', text },
});

/**
 * An interpreter whose cells are commands: `print TEXT`, `fail`, `bug`, `wait` (until interrupted), `hold` and
 * `hold fail` (until `release`), `ask PROMPT`, `secret PROMPT`, `leave PROMPT` (ends while it asks), `late` (emits after it has ended). Anything else does nothing.
 */
export class ScriptedInterpreter implements Interpreter {
  readonly cells: CellRequest[] = [];
  readonly delivered: WidgetRequest[] = [];
  closed = 0;
  release: () => void = () => undefined;

  async execute(request: CellRequest): Promise<CellOutcome> {
    this.cells.push(request);
    const [command, ...rest] = request.code.split(' ');
    const argument = rest.join(' ');
    const ok: CellOutcome = { status: 'ok', userExpressions: echoed(request.userExpressions) };
    switch (command) {
      case 'print':
        request.emit(stream(argument));
        return ok;
      case 'fail':
        request.emit({
          type: 'output',
          output: { kind: 'error', error: { ename: 'ValueError', evalue: 'no', traceback: [] } },
        });
        return failure('ValueError');
      case 'bug':
        throw new Error('a bug in the interpreter');
      case 'unserialisable':
        return { status: 'ok', userExpressions: { big: 1n } };
      case 'wait':
        request.emit(stream('waiting'));
        await aborted(request.signal);
        return failure('Interrupted', true);
      case 'hold':
        request.emit(stream('holding'));
        await new Promise<void>((resolve) => {
          this.release = resolve;
        });
        return argument === 'fail' ? failure('ValueError') : ok;
      case 'ask':
      case 'secret':
        return this.#ask(request, argument, command === 'secret');
      case 'leave':
        void request.onInput?.(argument, false).catch(() => undefined);
        return failure('WorkerDied');
      case 'late':
        setImmediate(() => request.emit(stream('too late')));
        return ok;
      default:
        return ok;
    }
  }

  deliver(request: WidgetRequest): Promise<void> {
    this.delivered.push(request);
    if (request.comm.comm === 'broken') return Promise.reject(new Error('the widget is broken'));
    request.emit(stream('widget heard'));
    return Promise.resolve();
  }

  isComplete(code: string): ReturnType<Interpreter['isComplete']> {
    if (code.endsWith('(')) return Promise.resolve({ status: 'incomplete' });
    if (code.endsWith(':')) return Promise.resolve({ status: 'incomplete', indent: '    ' });
    return Promise.resolve({ status: 'complete' });
  }

  complete(code: string, cursorPos: number): ReturnType<Interpreter['complete']> {
    if (code === 'bug') return Promise.reject(new Error('no completion today'));
    return Promise.resolve({ matches: [`${code}_done`], cursorStart: 0, cursorEnd: cursorPos });
  }

  inspect(code: string): ReturnType<Interpreter['inspect']> {
    return Promise.resolve(code === 'known' ? { 'text/plain': 'what is known' } : undefined);
  }

  close(): Promise<void> {
    this.closed += 1;
    return Promise.resolve();
  }

  async #ask(request: CellRequest, prompt: string, password: boolean): Promise<CellOutcome> {
    if (!request.onInput) return failure('StdinNotImplementedError');
    try {
      request.emit(stream(`got ${await request.onInput(prompt, password)}`));
      return { status: 'ok', userExpressions: {} };
    } catch (error) {
      return failure((error as Error).name, request.signal.aborted);
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Publishes streams when flushed and errors at once. */
export const plainEmitter: EmitterFactory = ({ publish }) => {
  let text = '';
  const flush = (): void => {
    if (text !== '') publish({ msg_type: 'stream', content: { name: 'stdout', text } });
    text = '';
  };
  return {
    flush,
    emit: (event) => {
      if (event.type !== 'output') return;
      if (event.output.kind === 'stream') {
        text += event.output.text;
        if (text === 'waiting' || text === 'holding') flush();
      } else if (event.output.kind === 'error') {
        flush();
        publish({ msg_type: 'error', content: { ...event.output.error } });
      }
    },
  };
};

/** Remembers the ends that a session was asked for. */
export class ScriptedKeeper implements SessionKeeper {
  readonly ends: string[] = [];

  lastCount(): number {
    return 0;
  }

  counted(): void {
    // Nothing outlives a test.
  }

  end(how: 'end' | 'restart'): Promise<void> {
    this.ends.push(how);
    return Promise.resolve();
  }
}
