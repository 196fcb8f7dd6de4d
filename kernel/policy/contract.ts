/** What code may ask for beyond computing with what it has. */
export const capabilities = [
  'network',
  'install',
  'subprocess',
  'native',
  'write-outside',
  'introspection',
] as const;
export type Capability = (typeof capabilities)[number];

export type Decision = 'allow' | 'ask' | 'deny';

/** A place in code that asks for a capability. */
export interface Finding {
  readonly capability: Capability;
  /** From 1. */
  readonly line: number;
  /** The code there, shortened. */
  readonly text: string;
}

export type Language = 'python' | 'bash';
