export const allowed: Readonly<Record<string, readonly string[]>>;
export function reachable(folder: string): readonly string[];
export const zones: readonly {
  readonly target: string;
  readonly from: string;
  readonly except: readonly string[];
  readonly message: string;
}[];
