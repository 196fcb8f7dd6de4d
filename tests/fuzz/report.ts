/** What a run of the fuzzer came to. */
export interface FuzzReport {
  readonly messages: number;
  readonly conversations: number;
  /** How what was asked of the host ended, and how often. */
  readonly ends: Readonly<Record<string, number>>;
  /** What must never be: a crash, a hang, an effect out of turn. */
  readonly faults: readonly string[];
}
