import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { repliqueError } from '../../../kernel/errors.ts';
import { configDir } from '../../../kernel/paths.ts';

const schema = z.looseObject({ python: z.string().optional(), sandbox: z.string().optional() });

/** What the set-up needs to know of the kernel's configuration; the kernel itself checks all of it. */
export interface SetupSettings {
  /** The user's own Python for helpers: then no environment is made. */
  readonly python: string | undefined;
  readonly sandboxed: boolean;
}

/**
 * Reads the settings from config.json and, first, the environment.
 * @throws RepliqueError CONFIG_INVALID
 */
export function readSettings(environment: NodeJS.ProcessEnv = process.env): SetupSettings {
  const file = readConfig(join(configDir(), 'config.json'));
  return {
    python: (environment['REPLIQUE_PYTHON'] ?? '') || file.python,
    sandboxed: ((environment['REPLIQUE_SANDBOX'] ?? '') || file.sandbox) !== 'none',
  };
}

function readConfig(file: string): z.infer<typeof schema> {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw repliqueError('CONFIG_INVALID', { where: file, problem: 'it is not readable as a JSON object.' });
  }
}
