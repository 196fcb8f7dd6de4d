import type { HelperBlock } from '../loop/events.ts';
import type { Bundle, CommOutput, WorkerOutput } from '../sandbox/contract.ts';
import type { CellBounds } from './bounds.ts';
import type { KeptOutputs } from './kept-outputs.ts';
import type { IopubMessage, Pager } from './contract.ts';
import type { DisplayIds } from './display-ids.ts';
import { failureMessage, safeError } from './failure.ts';
import { safeBundle } from './firewall/bundle.ts';
import type { Redactor } from './firewall/redact.ts';
import { StreamFilter } from './firewall/stream.ts';
import { displayData, noticeMessage, updateDisplay, withReplique } from './messages.ts';
import { isPaged } from './pager.ts';
import type { Outgoing } from './outgoing.ts';
import { RecycledDisplays } from './recycled-displays.ts';
import type { Comms } from './widgets/comms.ts';

/** As many types of refused data are named. */
const mostTypes = 20;

/** Where outputs come from: a helper of a turn, or the cell's own code. */
export type Origin =
  | { readonly kind: 'helper'; readonly turn: number; readonly helper: number; readonly block: HelperBlock }
  | { readonly kind: 'code'; readonly executionCount: number };

export interface WorkerViewOptions {
  readonly origin: Origin;
  /** Prefix of this cell's display ids. */
  readonly cell: string;
  readonly ids: DisplayIds;
  readonly redactor: Redactor;
  readonly bounds: CellBounds;
  readonly kept: KeptOutputs;
  readonly outgoing: Outgoing;
  readonly comms: Comms;
  readonly requestId: string;
  /** Whether what a helper has shown can be taken back. */
  readonly canClear: boolean;
  readonly pager: Pager | undefined;
}

/** What one run of code shows, through the firewall and within bounds. */
export class WorkerView {
  private readonly options: WorkerViewOptions;
  private readonly filters: Readonly<Record<'stdout' | 'stderr', StreamFilter>>;
  private readonly told = new Set<string>();
  private readonly recycled: RecycledDisplays;
  private readonly refused = new Set<string>();
  private hasError = false;

  constructor(options: WorkerViewOptions) {
    this.options = options;
    this.filters = {
      stdout: new StreamFilter(options.redactor),
      stderr: new StreamFilter(options.redactor),
    };
    const { origin } = options;
    const place = origin.kind === 'helper' ? `:t${origin.turn}h${origin.helper}` : '';
    this.recycled = new RecycledDisplays(`${options.cell}${place}`);
  }

  /** Whether an error has been shown already. */
  get failed(): boolean {
    return this.hasError;
  }

  get origin(): Origin {
    return this.options.origin;
  }

  /** MIME types of what was taken out since the last call. */
  takeRefused(): string[] {
    const types = [...this.refused];
    this.refused.clear();
    return types;
  }

  output(output: WorkerOutput): void {
    if (output.kind !== 'stream') this.endStreams();
    switch (output.kind) {
      case 'stream':
        this.stream(output.name, this.filters[output.name].push(output.text));
        break;
      case 'display':
        if (output.pager !== true || !this.page(output.data)) {
          this.display(output.data, output.metadata, output.displayId);
        }
        break;
      case 'update_display':
        this.update(output.data, output.metadata, output.displayId);
        break;
      case 'result':
        this.result(output.data, output.metadata);
        break;
      case 'clear_output':
        this.clear(output.wait);
        break;
      case 'error':
        this.error(output.error);
        break;
      case 'comm':
        this.comm(output);
        break;
    }
  }

  /** Shows what was held back: no more output follows, or the person is asked something. */
  end(): void {
    this.endStreams();
    for (const id of this.recycled.leftOver()) {
      this.options.outgoing.display(updateDisplay({ 'text/plain': '' }, this.place(), id), id);
    }
  }

  private endStreams(): void {
    this.stream('stdout', this.filters.stdout.end());
    this.stream('stderr', this.filters.stderr.end());
  }

  private stream(name: 'stdout' | 'stderr', text: string): void {
    const fits = this.options.bounds.takeText(text);
    this.options.kept.text(text.slice(fits.length));
    if (fits === '') return;
    const live = this.recycled.appendText(fits);
    if (live === undefined) this.options.outgoing.stream(name, fits);
    else this.send({ 'text/plain': live.text }, this.place(), live.id, live.isNew);
  }

  private display(data: Bundle, metadata: Bundle, workerId?: string): void {
    const { cell, ids, origin, bounds } = this.options;
    const safe = this.safe(data, metadata);
    if (workerId !== undefined) {
      if (bounds.takeDisplay(sizeOf(safe.data))) {
        this.send(safe.data, safe.metadata, ids.register(cell, workerId), true);
      }
    } else if (origin.kind === 'helper') {
      const slot = this.recycled.next();
      if (!slot.isNew || bounds.takeDisplay(sizeOf(safe.data))) {
        this.send(safe.data, safe.metadata, slot.id, slot.isNew);
      }
    } else if (bounds.takeDisplay(sizeOf(safe.data))) {
      this.options.outgoing.display(displayData(safe.data, safe.metadata));
    }
    this.tell(safe.notices);
  }

  /** Whether a person's own code has its text in the client's pager alone. */
  private page(data: Bundle): boolean {
    const { origin, pager } = this.options;
    return origin.kind === 'code' && isPaged(this.safe(data, {}).data, pager);
  }

  /** An update of a display that nobody has shown is shown as a new one: nothing is lost. */
  private update(data: Bundle, metadata: Bundle, workerId: string): void {
    const id = this.options.ids.find(workerId);
    if (id === undefined) {
      this.display(data, metadata, workerId);
      return;
    }
    const safe = this.safe(data, metadata);
    this.send(safe.data, safe.metadata, id, false);
    this.tell(safe.notices);
  }

  private result(data: Bundle, metadata: Bundle): void {
    const { origin, outgoing } = this.options;
    if (origin.kind === 'helper') {
      this.display(data, metadata);
      return;
    }
    const safe = this.safe(data, metadata);
    outgoing.now({
      msg_type: 'execute_result',
      content: { execution_count: origin.executionCount, data: safe.data, metadata: safe.metadata },
    });
    this.tell(safe.notices);
  }

  /**
   * Jupyter's message would empty the whole cell, the turns with it; a helper's displays are shown anew in the same
   * places instead. Where nothing can be taken back, it is shown after what there is.
   */
  private clear(wait: boolean): void {
    const { origin, outgoing, canClear } = this.options;
    if (origin.kind === 'helper' && !canClear) return;
    const dropped = outgoing.drop();
    if (origin.kind === 'code') outgoing.now({ msg_type: 'clear_output', content: { wait } });
    else this.recycled.clear(dropped);
  }

  private error(error: Parameters<typeof safeError>[0]): void {
    const { origin, outgoing, redactor } = this.options;
    this.hasError = true;
    if (origin.kind === 'helper') {
      outgoing.now(failureMessage({ ...origin, status: 'error', error }, redactor));
      return;
    }
    outgoing.now({ msg_type: 'error', content: { ...safeError(error, redactor) } });
  }

  private comm(output: CommOutput): void {
    const verdict = this.options.comms.fromCode(output, this.options.requestId);
    if ('message' in verdict) this.options.outgoing.now(verdict.message);
    else {
      this.refuse([`comm_${output.event}`]);
      this.tell([verdict.refused]);
    }
  }

  private send(data: Bundle, metadata: Bundle, id: string, isNew: boolean): void {
    const message: IopubMessage = (isNew ? displayData : updateDisplay)(data, metadata, id);
    this.options.outgoing.display(message, id);
  }

  private safe(data: Bundle, metadata: Bundle): ReturnType<typeof safeBundle> {
    const { redactor, comms, kept } = this.options;
    const safe = safeBundle(data, metadata, redactor, (model) => comms.isOpen(model));
    this.refuse(safe.refused);
    const notices = [...safe.notices, ...kept.bundle(data, safe.data)];
    return { ...safe, notices, metadata: { ...safe.metadata, ...this.place() } };
  }

  private refuse(types: readonly string[]): void {
    for (const type of types) if (this.refused.size < mostTypes) this.refused.add(type);
  }

  private place(): Bundle {
    const { origin } = this.options;
    return origin.kind === 'code'
      ? {}
      : withReplique({ kind: 'helper', turn: origin.turn, helper: origin.helper });
  }

  /** Says what was taken out, each sentence once. */
  private tell(notices: readonly string[]): void {
    const { outgoing, redactor } = this.options;
    for (const notice of notices) {
      if (this.told.size < 20 && !this.told.has(notice)) outgoing.display(noticeMessage(notice, redactor));
      this.told.add(notice);
    }
  }
}

const sizeOf = (data: Bundle): number =>
  Object.values(data).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' ? value.length : JSON.stringify(value).length),
    0,
  );
