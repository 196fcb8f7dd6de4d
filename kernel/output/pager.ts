import type { Pager } from './contract.ts';

/** Gives the client's pager what it has to show; says whether that is enough. */
export function isPaged(data: Readonly<Record<string, unknown>>, pager: Pager | undefined): boolean {
  pager?.page(data);
  return pager?.isKnown === true;
}
