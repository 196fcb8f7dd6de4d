const local: ReadonlySet<string> = new Set(['embedded', 'ollama', 'mock']);

/** US dollars for a turn at this provider: 0 where the model runs on this machine, absent where no price is known. */
export function costOf(provider: string): number | undefined {
  return local.has(provider) ? 0 : undefined;
}
