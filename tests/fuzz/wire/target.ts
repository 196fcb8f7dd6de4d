import type { ConnectionInfo } from '../../../kernel/protocol/connection-file.ts';
import type { Words } from './requests.ts';

/** A kernel that is talked to. */
export interface Target {
  readonly connection: ConnectionInfo;
  readonly words: Words;
  /** Widgets that are open at its start. */
  readonly comms: readonly string[];
  /** How often the cell of each mark has run. */
  ran(): ReadonlyMap<string, number>;
  /** What went wrong within it. */
  readonly faults: readonly string[];
  /** That it holds more memory than it may, where that can be told. */
  growth(): string[];
  /** Settles when it has ended, which it was asked to, with what was wrong with that. */
  ended(): Promise<string[]>;
  /** Ends it whatever it does, and removes its files. */
  close(): Promise<void>;
}
