/** Where a set-up tells how far it is; the terminal shows it. */
export interface ProgressSink {
  /** A step begins, or something worth a line of its own happened. */
  step(text: string): void;
  /** How far the step is. `total` 0: not known. `unit` `bytes` shows sizes and speed. */
  progress(state: ProgressState): void;
}

export interface ProgressState {
  readonly label: string;
  readonly done: number;
  readonly total: number;
  readonly unit: 'bytes' | 'packages';
  /** Bytes so far, where the unit is another. */
  readonly bytes?: number;
}
