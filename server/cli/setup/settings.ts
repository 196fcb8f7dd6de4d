import { join } from 'node:path';
import { z } from 'zod';
import { repliqueError } from '../../../kernel/errors.ts';
import { readRegularFile } from '../../../kernel/files.ts';
import { configDir } from '../../../kernel/paths.ts';

const schema = z.looseObject({ python: z.string().optional(), sandbox: z.string().optional() });

/** Size of the largest config.json that is read. */
const MAX_BYTES = 2 ** 20;

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
  let text: string;
  try {
    text = readRegularFile(file, MAX_BYTES);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw repliqueError('CONFIG_INVALID', { where: file, problem: `${message}.` });
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw repliqueError('CONFIG_INVALID', { where: file, problem: 'it is not readable as a JSON object.' });
  }
}
