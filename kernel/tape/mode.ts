import type { TapeMode } from './contract.ts';

/**
 * What holds in a session: what it was started with, if that plays a tape; then what `%tape` chose, then what the notebook
 * says. A notebook comes from anywhere: who started a session to replay or verify it is asked by nothing in it to do else.
 */
export function modeOfSession(
  configured: TapeMode,
  chosen: TapeMode | undefined,
  notebook: TapeMode | undefined,
): TapeMode {
  if (configured === 'replay' || configured === 'verify') return configured;
  return chosen ?? (configured === 'record' ? notebook : undefined) ?? configured;
}

/** What holds for a cell that says `own` of itself: of a session that verifies it may only leave out the running. */
export function modeOfCell(configured: TapeMode, session: TapeMode, own: TapeMode | undefined): TapeMode {
  if (configured === 'replay') return 'replay';
  if (configured === 'verify') return own === 'replay' ? 'replay' : 'verify';
  return own ?? session;
}
