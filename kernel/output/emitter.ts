import type { CellEvent, LoopEvent } from '../loop/events.ts';
import { attemptFailure, attemptMessage } from './attempts.ts';
import { CellBounds } from './bounds.ts';
import type { CellEmitter, EmitterFactory, EmitterOptions, IopubMessage, Refused } from './contract.ts';
import { DisplayIds } from './display-ids.ts';
import { divergenceMessage } from './divergence.ts';
import { failureMessage } from './failure.ts';
import { safeMarkdown } from './firewall/markdown.ts';
import { createRedactor } from './firewall/redact.ts';
import type { Redactor } from './firewall/redact.ts';
import { safeSvg } from './firewall/svg.ts';
import { filterTerminal, stripTerminal } from './firewall/terminal.ts';
import { showInvisible } from './firewall/invisible.ts';
import { footerMessage } from './footer.ts';
import { givenMessage } from './given.ts';
import { LineBreaks } from './lines/line-breaks.ts';
import { TurnLines } from './lines/turn-lines.ts';
import { displayData, noticeMessage, oneLine, retryText, withReplique } from './messages.ts';
import { Outgoing } from './outgoing.ts';
import { TurnView } from './turn-view.ts';
import type { KeptFiles } from './kept-files.ts';
import { KeptOutputs } from './kept-outputs.ts';
import type { Comms } from './widgets/comms.ts';
import { isPaged } from './pager.ts';
import { WorkerView } from './worker-view.ts';
import type { Origin } from './worker-view.ts';

type Event<T extends CellEvent['type']> = Extract<CellEvent, { type: T }>;

interface SessionOptions {
  /** Values that no output may show; those shorter than 6 characters are not looked for. */
  readonly secrets: readonly string[];
  /** Where outputs that are too large are kept; absent where there is no workspace. */
  readonly files?: KeptFiles | undefined;
  /** Those of the session's widgets. */
  readonly comms: Comms;
  /** Told what did not reach the page. Must not throw. */
  readonly onRefused: (refused: Refused) => void;
}

/** What the emitters of a session have in common. */
interface Session extends Omit<SessionOptions, 'secrets'> {
  readonly redactor: Redactor;
  readonly ids: DisplayIds;
}

/** Makes the emitters of one session, a new one for each cell. */
export function createEmitterFactory({ secrets, ...session }: SessionOptions): EmitterFactory {
  const redactor = createRedactor(secrets);
  const ids = new DisplayIds();
  return (options) => new Emitter(options, { ...session, redactor, ids });
}

class Emitter implements CellEmitter {
  private readonly options: EmitterOptions;
  private readonly redactor: Redactor;
  private readonly ids: DisplayIds;
  private readonly comms: Comms;
  private readonly onRefused: (refused: Refused) => void;
  private cell: string;
  private readonly outgoing: Outgoing;
  private readonly nextCell: () => string;
  private bounds = new CellBounds();
  private readonly kept: KeptOutputs;
  private turn: Pick<TurnView, 'add' | 'restart' | 'answeredBy' | 'flush' | 'end' | 'helped'> | undefined;
  /** The turn whose helper runs. */
  private answered: Pick<TurnView, 'helped'> | undefined;
  private readonly lines: LineBreaks | undefined;
  private worker: WorkerView | undefined;
  private model = '';
  private isAttempt = false;

  constructor(options: EmitterOptions, session: Session) {
    this.options = options;
    this.redactor = session.redactor;
    this.ids = session.ids;
    this.comms = session.comms;
    this.onRefused = session.onRefused;
    this.kept = new KeptOutputs(session.files, options.executionCount, session.redactor);
    this.nextCell = () => session.ids.nextCell(options.sessionId);
    this.cell = this.nextCell();
    this.lines = options.form === 'lines' ? new LineBreaks(options.publish) : undefined;
    this.outgoing = new Outgoing(this.lines?.publish ?? options.publish);
  }

  emit(event: CellEvent): void {
    switch (event.type) {
      case 'turn-start':
        this.turnStart(event);
        break;
      case 'prose':
        this.turn?.add(event.text);
        break;
      case 'code':
        this.turn?.add(event.text, event.lang);
        break;
      case 'retry':
        this.turn?.restart(retryText(event));
        break;
      case 'source':
        this.turn?.answeredBy(event.model);
        this.model = event.model;
        break;
      case 'turn-end':
        this.turn?.end(event.record, event.durationMs, event.request);
        this.answered = this.turn;
        this.turn = undefined;
        break;
      case 'helper-start':
        this.startWorker({
          kind: 'helper',
          turn: event.turn,
          helper: event.helper,
          block: event.block,
        });
        break;
      case 'helper-output':
        this.worker?.output(event.output);
        break;
      case 'helper-end':
        this.helperEnd(event);
        break;
      case 'compaction':
      case 'notice':
        this.publish(noticeMessage(event.text, this.redactor));
        break;
      case 'divergence':
        this.publish(divergenceMessage(event, this.redactor));
        break;
      case 'given':
        this.publish(givenMessage(event, this.redactor));
        break;
      case 'stop':
        this.stop(event);
        break;
      case 'output':
        if (this.worker === undefined) {
          this.startWorker({ kind: 'code', executionCount: this.options.executionCount });
        }
        this.worker?.output(event.output);
        break;
      case 'page':
        this.page(event, {});
        break;
      case 'attempt':
        this.attempt(event);
        break;
      case 'attempts':
        this.attemptsEnd(event);
        break;
    }
  }

  flush(): void {
    this.turn?.flush();
    this.showHeld();
    this.outgoing.flush();
  }

  private publish(message: IopubMessage): void {
    this.turn?.flush();
    this.outgoing.now(message);
  }

  private turnStart({ turn, model }: Event<'turn-start'>): void {
    this.endTurn();
    this.endWorker();
    const shown = { turn, model, showModel: model !== this.model, redactor: this.redactor };
    this.turn = this.lines
      ? new TurnLines({ ...shown, outgoing: this.outgoing, lines: this.lines })
      : new TurnView({
          ...shown,
          displayId: `${this.cell}:turn${turn}`,
          publish: (message) => this.outgoing.now(message),
        });
    this.model = model;
  }

  /** Shows the last state of a turn that broke off. */
  private endTurn(): void {
    this.turn?.end();
    this.turn = undefined;
  }

  private startWorker(origin: Origin): void {
    this.endWorker();
    this.worker = new WorkerView({
      origin,
      cell: this.cell,
      ids: this.ids,
      redactor: this.redactor,
      bounds: this.bounds,
      kept: this.kept,
      outgoing: this.outgoing,
      comms: this.comms,
      requestId: this.options.requestId,
      canClear: this.lines === undefined,
      pager: this.options.pager,
    });
  }

  private endWorker(): void {
    this.showHeld();
    this.worker = undefined;
  }

  private showHeld(): void {
    if (this.worker === undefined) return;
    this.worker.end();
    const { sentences, ...cut } = this.bounds.report(this.kept.endText());
    for (const sentence of sentences) this.publish(noticeMessage(sentence, this.redactor));
    const types = this.worker.takeRefused();
    if (types.length + cut.outputs + cut.characters === 0) return;
    const { origin } = this.worker;
    const place = origin.kind === 'helper' ? { turn: origin.turn, helper: origin.helper } : {};
    this.onRefused({ cell: this.options.executionCount, ...place, types, ...cut });
  }

  private helperEnd({ turn, helper, block, result, forModel, images }: Event<'helper-end'>): void {
    const isShown = this.worker?.failed === true;
    this.endWorker();
    const { status, error, notice } = result;
    if (status !== 'ok' && !isShown) {
      this.publish(failureMessage({ turn, helper, block, status, error, notice }, this.redactor));
    } else if (notice !== undefined) {
      this.publish(noticeMessage(notice, this.redactor, { turn, helper }));
    } else this.outgoing.flush();
    const pictures = images !== undefined && images.length > 0 && { images };
    this.answered?.helped({ status, text: forModel, ...pictures });
  }

  /** What follows is another branch's: with turns and bounds of its own. */
  private attempt(event: Event<'attempt'>): void {
    this.endTurn();
    this.endWorker();
    this.isAttempt = true;
    this.cell = this.nextCell();
    this.bounds = new CellBounds();
    this.model = '';
    this.publish(attemptMessage(event, this.redactor));
  }

  private attemptsEnd({ markdown, text }: Event<'attempts'>): void {
    this.endTurn();
    this.endWorker();
    this.isAttempt = false;
    this.page({ type: 'page', markdown, text }, withReplique({ kind: 'attempts' }));
  }

  private page(
    { markdown, text, svg, pager }: Event<'page'>,
    metadata: Readonly<Record<string, unknown>>,
  ): void {
    const clean = (value: string): string => showInvisible(this.redactor.text(filterTerminal(value)));
    const drawing = svg === undefined ? undefined : safeSvg(clean(svg));
    const data = {
      ...(drawing === undefined
        ? { 'text/markdown': safeMarkdown(this.redactor.text(stripTerminal(markdown))) }
        : { 'image/svg+xml': drawing }),
      'text/plain': clean(text),
    };
    if (pager === true && isPaged(data, this.options.pager)) return;
    this.publish(displayData(data, metadata));
  }

  private stop(event: Extract<LoopEvent, { type: 'stop' }>): void {
    const { summary, problem } = event;
    this.endTurn();
    this.endWorker();
    if (summary.turns.length > 0) this.publish(footerMessage(summary, this.redactor, event));
    if (problem === undefined) return;
    if (this.isAttempt) {
      this.publish(attemptFailure(problem, this.redactor));
      return;
    }
    const ename = oneLine(problem.ename, this.redactor);
    const evalue = oneLine(problem.sentence, this.redactor);
    const remedy = oneLine(problem.remedy, this.redactor);
    const traceback = [`\u001b[31m${ename}\u001b[0m: ${evalue}`, ...(remedy === '' ? [] : [`→ ${remedy}`])];
    this.publish({ msg_type: 'error', content: { ename, evalue, traceback } });
  }
}
