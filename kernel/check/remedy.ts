import { RepliqueError } from '../errors.ts';
import { ProviderError } from '../providers/contract.ts';

/** What mends an error, where it says so. */
export const remedyOf = (error: unknown): string | undefined =>
  error instanceof RepliqueError || error instanceof ProviderError ? error.remedy : undefined;
