import { z } from 'zod';
import type { Bundle, CommDelivery, CommOutput } from '../../sandbox/contract.ts';
import type { IopubMessage, OpenComms } from '../contract.ts';
import { createRedactor, type Redactor } from '../firewall/redact.ts';
import { widgetClass, type WidgetClass } from './classes.ts';
import { safeState } from './state.ts';

/** The one target that code may open comms for. */
const widgetTarget = 'jupyter.widget';
const protocol = '2.1.0';
const mostOpen = 5000;
const largestFromClient = 4_000_000;

const identifier = z.string().regex(/^[\w-]{1,64}$/);
const paths = z.array(z.array(z.union([z.string().max(100), z.int()])).max(4)).max(100);
const widgetState = z.object({ state: z.record(z.string(), z.unknown()), buffer_paths: paths.default([]) });
const version = z.string().regex(/^[~^]?\d{1,4}(?:\.\d{1,4}){0,2}$/);
const named = z.object({
  _model_module: z.string(),
  _model_name: z.string(),
  _model_module_version: version,
  _view_module: z.string().nullish(),
  _view_name: z.string().nullish(),
  _view_module_version: z.union([version, z.literal('')]).nullish(),
});
const fromCode = z.discriminatedUnion('method', [
  widgetState.extend({ method: z.enum(['update', 'echo_update']) }),
  z.object({ method: z.literal('custom'), content: z.object({ do: z.enum(['focus', 'blur']) }) }),
]);
const fromClient = z.looseObject({ method: z.enum(['update', 'request_state', 'custom']) });

/** What became of a comm's message: what clients are sent, or why they are not. */
export type CommVerdict = { readonly message: IopubMessage } | { readonly refused: string };

interface Opened {
  readonly known: WidgetClass;
  /** Class, view and versions, as they were checked: they never change. */
  readonly names: z.infer<typeof named>;
}

/** The comms of one session, which only core widgets may have, with their state filtered in every message. */
export class Comms implements OpenComms {
  readonly #redactor: Redactor;
  readonly #open = new Map<string, Opened>();

  /** @param secrets values that no widget may show */
  constructor(secrets: readonly string[]) {
    this.#redactor = createRedactor(secrets);
  }

  isOpen(comm: string): boolean {
    return this.#open.has(comm);
  }

  list(target?: string): Readonly<Record<string, { readonly target_name: string }>> {
    const isWanted = target === undefined || target === widgetTarget;
    const ids = isWanted ? [...this.#open.keys()] : [];
    return Object.fromEntries(ids.map((id) => [id, { target_name: widgetTarget }]));
  }

  /** A message that code sends. @param request the id of the request that runs */
  fromCode(output: CommOutput, request: string): CommVerdict {
    switch (output.event) {
      case 'open':
        return this.#opened(output, request);
      case 'msg':
        return this.#said(output, request);
      case 'close':
        return this.#closed(output.comm);
    }
  }

  admit(delivery: CommDelivery): boolean {
    if (!this.#open.has(delivery.comm)) return false;
    if (delivery.event === 'close') return this.#open.delete(delivery.comm);
    const size = delivery.buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    if (JSON.stringify(delivery.data).length > largestFromClient || size > 4 * largestFromClient)
      return false;
    return fromClient.safeParse(delivery.data).success;
  }

  #opened({ comm, target, data, buffers }: CommOutput, request: string): CommVerdict {
    if (target !== widgetTarget)
      return { refused: 'A connection to the page that is no widget was refused.' };
    if (!identifier.safeParse(comm).success || this.#open.has(comm)) {
      return { refused: 'A widget whose identity is not valid was refused.' };
    }
    if (this.#open.size >= mostOpen) return { refused: `More than ${mostOpen} widgets are not shown.` };
    const parsed = widgetState.safeParse(data);
    const names = named.safeParse(parsed.data?.state);
    const known = names.success && widgetClass(names.data._model_module, names.data._model_name);
    if (!parsed.success || !names.success || !known || !isShownAs(known, names.data)) {
      return { refused: `A widget ${nameOf(data)}is not shown: only ipywidgets’ own are.` };
    }
    const opened = { known, names: names.data };
    const content = this.#update(opened, parsed.data, buffers, request);
    if (content === undefined) return { refused: 'A widget that is too large is not shown.' };
    this.#open.set(comm, opened);
    return {
      message: {
        msg_type: 'comm_open',
        content: {
          comm_id: comm,
          target_name: widgetTarget,
          data: content.data,
        },
        metadata: { version: protocol },
        buffers: content.buffers,
      },
    };
  }

  #said({ comm, data, buffers }: CommOutput, request: string): CommVerdict {
    const opened = this.#open.get(comm);
    const parsed = fromCode.safeParse(data);
    if (opened === undefined || !parsed.success) return { refused: 'A message of a widget was refused.' };
    if (parsed.data.method === 'custom') return said(comm, parsed.data, []);
    const content = this.#update(opened, parsed.data, buffers, request);
    if (content === undefined) return { refused: 'A change of a widget was too large.' };
    return said(comm, { method: parsed.data.method, ...content.data }, content.buffers);
  }

  #closed(comm: string): CommVerdict {
    if (!this.#open.delete(comm)) return { refused: 'A message of a widget was refused.' };
    return { message: { msg_type: 'comm_close', content: { comm_id: comm, data: {} } } };
  }

  #update(
    { known, names }: Opened,
    { state, buffer_paths }: z.infer<typeof widgetState>,
    buffers: readonly Buffer[],
    request: string,
  ): { data: { state: Bundle; buffer_paths: unknown }; buffers: readonly Buffer[] } | undefined {
    const context = {
      redactor: this.#redactor,
      classOf: (model: string): WidgetClass | undefined => this.#open.get(model)?.known,
      request,
    };
    const safe = safeState(known, state, context);
    if (safe === undefined || buffer_paths.length !== buffers.length) return undefined;
    const kept = buffer_paths.flatMap((path, index) => {
      const buffer = buffers[index];
      return buffer !== undefined && mayBeBytes(known, path) ? [{ path, buffer }] : [];
    });
    return {
      data: { state: { ...safe, ...pick(names, state) }, buffer_paths: kept.map(({ path }) => path) },
      buffers: kept.map(({ buffer }) => buffer),
    };
  }
}

const said = (comm: string, data: unknown, buffers: readonly Buffer[]): CommVerdict => ({
  message: { msg_type: 'comm_msg', content: { comm_id: comm, data }, buffers },
});

const pick = (names: Bundle, state: Bundle): Bundle =>
  Object.fromEntries(Object.entries(names).filter(([key]) => key in state));

/** A model of one class shown by another's view would have that view's meaning without its rules. */
function isShownAs(known: WidgetClass, { _view_module, _view_name }: z.infer<typeof named>): boolean {
  const hasModule =
    _view_module === known.viewModule || (_view_module ?? null) === null || _view_module === '';
  return hasModule && ((_view_name ?? null) === null || _view_name === '' || _view_name === known.view);
}

/** Pictures and sounds are bytes; anything else that came so would pass by its rule. */
function mayBeBytes({ name }: WidgetClass, path: readonly (string | number)[]): boolean {
  if (['Image', 'Audio', 'Video'].includes(name)) return path.length === 1 && path[0] === 'value';
  return name === 'FileUpload' && path.length === 3 && path[0] === 'value' && path[2] === 'content';
}

function nameOf(data: Bundle): string {
  const { state } = z.object({ state: z.object({ _model_module: z.string() }) }).safeParse(data).data ?? {};
  const module = state?._model_module ?? '';
  return /^@?[\w./-]{1,80}$/.test(module) ? `of ${module} ` : '';
}
