import type { ToolPlugin } from './contract.ts';

/** The languages and tools that helper blocks can name. */
export interface ToolRegistry {
  /** By name or alias, whatever its case. */
  get(name: string): ToolPlugin | undefined;
  /** Without aliases, in the order given. */
  names(): readonly string[];
  all(): readonly ToolPlugin[];
}

/** Makes a registry. @throws Error if two tools claim one name */
export function createToolRegistry(tools: readonly ToolPlugin[]): ToolRegistry {
  const byName = new Map<string, ToolPlugin>();
  for (const tool of tools) {
    for (const name of [tool.name, ...tool.aliases].map((claimed) => claimed.toLowerCase())) {
      if (byName.has(name)) throw new Error(`Two tools are named "${name}".`);
      byName.set(name, tool);
    }
  }
  return {
    get: (name) => byName.get(name.toLowerCase()),
    names: () => tools.map((tool) => tool.name),
    all: () => tools,
  };
}
