import { rmSync } from 'node:fs';

/** Removes, after all tests, what kernels have recorded (vitest.config.ts names the directory). */
export default function globalSetup({ config }: { config: { env: Record<string, unknown> } }): () => void {
  const directory = String(config.env['REPLIQUE_AUDIT_DIR']);
  return () => rmSync(directory, { recursive: true, force: true });
}
