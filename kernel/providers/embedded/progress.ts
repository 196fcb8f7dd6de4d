/** What a set-up says while it runs. */
export type SetupEvent =
  | { readonly type: 'step'; readonly text: string }
  | {
      readonly type: 'progress';
      readonly label: string;
      readonly doneBytes: number;
      readonly totalBytes: number;
    };

export type OnSetupEvent = (event: SetupEvent) => void;

/** Passes progress on, at most once in `everyMs`, but always the end. */
export function throttled(label: string, totalBytes: number, onEvent: OnSetupEvent, everyMs = 300) {
  let last = 0;
  return (doneBytes: number): void => {
    const now = Date.now();
    if (now - last < everyMs && doneBytes < totalBytes) return;
    last = now;
    onEvent({ type: 'progress', label, doneBytes, totalBytes });
  };
}

/** Bytes as people read them. */
export function formatBytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}
