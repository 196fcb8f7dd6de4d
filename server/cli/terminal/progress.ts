import type { ProgressSink, ProgressState } from '../setup/progress-sink.ts';
import { formatBytes, formatSeconds } from './format.ts';

/** The part of a terminal stream that is used. */
export interface Out {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Least time between two drawings: of a bar, and of a plain line. */
const BAR_MS = 100;
const LINE_MS = 5000;

const BAR_WIDTH = 24;

/** Shows steps as lines and progress as a bar with size and speed; where there is no terminal, as a line now and then. */
export class TerminalProgress implements ProgressSink {
  readonly #out: Out;
  readonly #now: () => number;
  #label = '';
  #started = 0;
  #first = 0;
  #drawn = -Infinity;
  #barShown = false;

  constructor(out: Out = process.stderr, now: () => number = () => performance.now()) {
    this.#out = out;
    this.#now = now;
  }

  step(text: string): void {
    this.#endBar();
    this.#out.write(`${text}\n`);
  }

  progress(state: ProgressState): void {
    const now = this.#now();
    const amount = bytesOf(state);
    if (state.label !== this.#label) {
      this.#endBar();
      this.#label = state.label;
      this.#started = now;
      this.#first = amount;
      this.#drawn = -Infinity;
    }
    const complete = state.total > 0 && state.done >= state.total;
    const pause = this.#out.isTTY ? BAR_MS : LINE_MS;
    if (!complete && now - this.#drawn < pause) return;
    this.#drawn = now;
    const text = describe(
      state,
      amount - this.#first,
      (now - this.#started) / 1000,
      Boolean(this.#out.isTTY),
    );
    if (!this.#out.isTTY) {
      this.#out.write(`${text}\n`);
    } else {
      const width = (this.#out.columns ?? 80) - 1;
      this.#out.write(`\r\u001b[K${text.slice(0, width)}`);
      this.#barShown = true;
    }
    if (complete) this.#finish();
  }

  #finish(): void {
    this.#endBar();
    this.#label = '';
  }

  #endBar(): void {
    if (this.#barShown) this.#out.write('\n');
    this.#barShown = false;
  }
}

const bytesOf = (state: ProgressState): number => (state.unit === 'bytes' ? state.done : (state.bytes ?? 0));

function describe(state: ProgressState, fetched: number, seconds: number, bar: boolean): string {
  const { label, done, total, unit } = state;
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const filled = Math.round(share * BAR_WIDTH);
  const parts = [label];
  if (bar && total > 0) parts.push(`${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`);
  if (total > 0) parts.push(`${Math.floor(share * 100)} %`);
  const amount = bytesOf(state);
  if (unit === 'packages') parts.push(`${done} of ${total} packages`);
  if (unit === 'bytes' && total > 0) parts.push(`${formatBytes(amount)} of ${formatBytes(total)}`);
  else if (amount > 0) parts.push(formatBytes(amount));
  const speed = seconds > 0 ? fetched / seconds : 0;
  if (speed > 0) parts.push(`${formatBytes(speed)}/s`);
  if (unit === 'bytes' && speed > 0 && done < total)
    parts.push(`${formatSeconds((total - done) / speed)} left`);
  return parts.join('  ');
}
