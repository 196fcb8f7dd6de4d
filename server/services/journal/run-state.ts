/** What is known of a run besides what its journal says. */
export interface RunState {
  readonly run: string;
  readonly cell: string;
  readonly at: number;
  /** The page that asked for it, as long as that page gets all that comes of it. */
  asker: string | undefined;
  /** Whether the answer is there, and whether the kernel has said that all has been shown. */
  replied: string | undefined;
  isIdle: boolean;
  endedAt: number | undefined;
  /** Since when the page that asked has shown anything of it. */
  shownAt: number | undefined;
  /** Whether that page has last saved its cell empty, so that it may have done so before it knew of the outputs. */
  isEmptied: boolean;
  /** When the page that asked had its end. */
  toldAt: number | undefined;
  /** What follows is not kept: there is too much of it. */
  isFull: boolean;
}

export const newRun = (run: string, cell: string, at: number, asker?: string): RunState => ({
  ...{ run, cell, at, asker, replied: undefined, isIdle: false, endedAt: undefined },
  ...{ toldAt: undefined, shownAt: undefined, isEmptied: false, isFull: false },
});

/** Something that happened to a run, for who follows it. */
export type RunEvent =
  | {
      readonly event: 'running';
      readonly run: string;
      readonly cell_id: string;
      readonly execution_count: number | null;
      /** What it has shown so far, in as few messages as make the same of a cell. */
      readonly messages: readonly { readonly type: string; readonly content: unknown }[];
    }
  | { readonly event: 'started'; readonly run: string; readonly cell_id: string; readonly prompt: string }
  | {
      readonly event: 'output';
      readonly run: string;
      readonly cell_id: string;
      readonly type: string;
      readonly content: unknown;
    }
  | {
      readonly event: 'finished';
      readonly run: string;
      readonly cell_id: string;
      readonly status: string;
      readonly execution_count: number | null;
    };
