export const tapeModes = ['record', 'replay', 'verify', 'live'] as const;

/**
 * `record`: each turn is kept in its output; `replay`: turns and results come from the notebook, nobody is asked and nothing
 * runs; `verify`: turns come from the notebook, code runs and what it comes to is compared; `live`: as `record`, but nothing is kept.
 */
export type TapeMode = (typeof tapeModes)[number];
