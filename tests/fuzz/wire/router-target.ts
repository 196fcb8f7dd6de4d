import type { CellRequest, Interpreter } from '../../../kernel/interpreter/contract.ts';
import type { CellOutcome } from '../../../kernel/loop/events.ts';
import { createEmitterFactory } from '../../../kernel/output/emitter.ts';
import { Comms } from '../../../kernel/output/widgets/comms.ts';
import { portsOf } from '../../../kernel/protocol/connection-file.ts';
import { startRouter } from '../../../kernel/router/router.ts';
import type { WorkerOutput } from '../../../kernel/sandbox/contract.ts';
import { openSockets } from '../../../kernel/wire/sockets.ts';
import { zmqTransport } from '../../../kernel/wire/zmq-transport.ts';
import { makeConnection } from '../../integration/wire-client.ts';
import { markIn } from './peer.ts';
import type { Target } from './target.ts';

/** The real transport, router and emitters, on real sockets, with a double for interpreter and worker: a million messages have to pass. */
export async function startRouterTarget(): Promise<Target> {
  const { connection, remove } = await makeConnection('ipc');
  const common = { sessionId: 'session', log: () => undefined };
  const transport = zmqTransport(await openSockets(connection), { connection, ...common });
  const comms = new Comms([]);
  const interpreter = new InterpreterDouble(comms);
  const createEmitter = createEmitterFactory({ secrets: [], comms, onRefused: () => undefined });
  const session = { interpreter, createEmitter, comms };
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const router = startRouter({
    ...{ transport, ...common, version: '1.2.3', ports: portsOf(connection), onShutdown: end },
    session: { ready: () => Promise.resolve(session), begun: () => Promise.resolve(session) },
  });
  return {
    ...{ connection, comms: widgets, faults: interpreter.faults },
    words: {
      ...{ run: (mark) => `run ${mark}`, fail: (mark) => `fail ${mark}`, ask: (mark) => `ask ${mark}` },
      ...{ wait: (mark) => `wait ${mark}`, waits: 0.01 },
    },
    ran: () => interpreter.ran,
    growth: () => [],
    ended: async () => {
      await ended;
      return [];
    },
    close: async () => {
      await router.close();
      await transport.close();
      await remove();
    },
  };
}

const widgets = ['widget-1', 'widget-2'];

const slider = (comm: string): Extract<WorkerOutput, { kind: 'comm' }> => ({
  ...{ kind: 'comm', event: 'open', comm, target: 'jupyter.widget', buffers: [] },
  data: {
    state: {
      ...{ _model_module: '@jupyter-widgets/controls', _model_name: 'IntSliderModel' },
      ...{ _model_module_version: '2.0.0', _view_module: '@jupyter-widgets/controls' },
      ...{ _view_name: 'IntSliderView', _view_module_version: '2.0.0', value: 1 },
    },
    buffer_paths: [],
  },
});

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Does at once what a cell's first word says, and remembers its mark. */
class InterpreterDouble implements Interpreter {
  readonly ran = new Map<string, number>();
  readonly faults: string[] = [];
  readonly #comms: Comms;

  constructor(comms: Comms) {
    this.#comms = comms;
  }

  async execute(request: CellRequest): Promise<CellOutcome> {
    const [command, mark = ''] = request.code.split(' ');
    if (markIn(mark) !== undefined) this.ran.set(mark, (this.ran.get(mark) ?? 0) + 1);
    const show = (output: WorkerOutput): void => request.emit({ type: 'output', output });
    switch (command) {
      case 'fail':
        return this.#failed(request, 'ValueError');
      case 'wait':
        await aborted(request.signal);
        return this.#failed(request, 'KeyboardInterrupt');
      case 'ask': {
        const said = await request.onInput?.('? ', false).catch(() => 'right');
        if (said !== undefined && said !== 'right') this.faults.push(`a question was answered with ${said}`);
        break;
      }
      default:
        for (const widget of widgets) if (!this.#comms.isOpen(widget)) show(slider(widget));
        show({ kind: 'stream', name: 'stdout', text: `${command ?? ''}\n` });
        show({ kind: 'display', data: { 'text/html': '<b>x</b>' }, metadata: {}, displayId: 'd' });
        show({ kind: 'update_display', data: { 'text/plain': 'y' }, metadata: {}, displayId: 'd' });
        show({ kind: 'result', data: { 'text/plain': 'z' }, metadata: {} });
    }
    return { status: 'ok', userExpressions: {} };
  }

  deliver({ emit }: Parameters<Interpreter['deliver']>[0]): Promise<void> {
    emit({ type: 'output', output: { kind: 'stream', name: 'stderr', text: 'heard' } });
    return Promise.resolve();
  }

  isComplete(): ReturnType<Interpreter['isComplete']> {
    return Promise.resolve({ status: 'incomplete', indent: '  ' });
  }

  complete(_code: string, cursorPos: number): ReturnType<Interpreter['complete']> {
    return Promise.resolve({ matches: ['a'], cursorStart: 0, cursorEnd: cursorPos });
  }

  inspect(code: string): ReturnType<Interpreter['inspect']> {
    return Promise.resolve(code.length % 2 === 0 ? { 'text/plain': 'known' } : undefined);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #failed(request: CellRequest, ename: string): CellOutcome {
    const error = { ename, evalue: 'no', traceback: [ename] };
    if (!request.silent) request.emit({ type: 'output', output: { kind: 'error', error } });
    return { status: 'error', error, interrupted: ename !== 'ValueError' };
  }
}
