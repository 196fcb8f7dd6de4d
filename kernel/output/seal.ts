import { canonicalJson, sha256 } from '../loop/key.ts';
import type { TurnTape } from './schema.ts';

/**
 * The key of all that a turn's output records, as it is written there: SHA-256 over the canonical JSON of the turn's record
 * and of its tape without the seal itself. It shows what was changed by hand; it is no signature.
 */
export const sealOf = (record: unknown, tape: Omit<TurnTape, 'seal'>): string =>
  sha256(canonicalJson([record, tape]));
