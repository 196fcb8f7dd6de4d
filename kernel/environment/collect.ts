import packageJson from '../../package.json' with { type: 'json' };
import type { Config } from '../config.ts';
import { locatePython } from '../sandbox/python.ts';
import { pythonEnvironment } from './packages.ts';
import type { Environment, Present } from './schema.ts';

/**
 * What a session's results may depend on, as it is now: versions and settings, never a path, a key or a name of the
 * user's. Who answers is not in it, as long as nobody has.
 * @throws Error where there is no Python, or it can't be asked
 */
export async function collectEnvironment(config: Config): Promise<Omit<Present, 'models'>> {
  const { executable } = await locatePython(config);
  const { temperature, maxTokens, maxTurns, helperTimeoutSeconds, vision, profile, sandbox } = config;
  const environment: Environment = {
    ...{ version: 1, replique: packageJson.version, node: process.versions.node },
    ...{ platform: process.platform, arch: process.arch },
    python: await pythonEnvironment(executable),
    settings: { temperature, maxTokens, maxTurns, helperTimeoutSeconds, vision, profile, sandbox },
  };
  return { environment, python: executable };
}
