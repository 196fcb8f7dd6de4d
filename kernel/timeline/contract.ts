import type { Mark } from '../loop/mark.ts';

/** A cell that is about to run. */
export interface CellStart {
  readonly kind: 'prompt' | 'code';
  readonly executionCount: number;
  /** The kernel's name of the cell; absent where its client does not name it. */
  readonly cell?: string | undefined;
  readonly source: string;
  /** Which client sent it, and when it came, on the clock of `performance.now`. */
  readonly sent?: { readonly client: string; readonly atMs: number } | undefined;
  readonly signal: AbortSignal;
  /** Tells the cell's reader something, in Markdown. */
  readonly say: (text: string) => void;
  /** Asks the person; absent where nobody can be asked. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
}

/** What a cell came to. */
export interface CellEnd {
  readonly tokens: number;
  readonly cost?: number | undefined;
  readonly failed: boolean;
  /** Of the model. */
  readonly turns?: number | undefined;
  /** How long it took, in milliseconds. */
  readonly ms?: number | undefined;
}

/** What one attempt at a prompt came to. */
export interface AttemptEnd extends CellEnd {
  readonly talk: Mark;
}

export type RewindMode = 'auto' | 'ask' | 'off';

export interface RewindModes {
  readonly prompts: RewindMode;
  readonly code: RewindMode;
}

/** A way back that is not there, as a sentence. */
export interface Refusal {
  readonly problem: string;
}

/** A text, as Markdown and plain. */
export interface Shown {
  readonly markdown: string;
  readonly text: string;
  /** The same as a drawing. */
  readonly svg?: string;
}

/** Who runs something beside a cell: who is told, and what ends it. */
export type Asked = Pick<CellStart, 'say' | 'signal'>;

/** What a person can ask of the timeline. Each waits until nothing else runs. */
export interface TimelineControl {
  modes(): RewindModes;
  setModes(modes: RewindModes): void;
  /** Back to just before that cell; without a number to before the last one. */
  rewind(executionCount: number | undefined, asked: Asked): Promise<Refusal | undefined>;
  checkout(branch: string, asked: Asked): Promise<Refusal | undefined>;
  /** A new branch begins here. */
  branch(name: string, asked: Asked): Promise<Refusal | undefined>;
  /** The names of the branches. */
  branches(): readonly string[];
  /** The branch one stands on. */
  on(): string;
  /** The tree, with what can be gone to at once. */
  draw(asked: Asked): Promise<Shown | Refusal>;
  /** What differs between two places, branches or numbers of cells; absent: where one stands. */
  diff(a: string | undefined, b: string | undefined, asked: Asked): Promise<Shown | Refusal>;
  /** A table of branches or cells side by side; without names of those that were tried last. */
  compare(places: readonly string[], asked: Asked): Promise<Shown | Refusal>;
}
