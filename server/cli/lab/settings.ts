import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectories } from '../../../kernel/files.ts';

/** Settings of the JupyterLab that Replique serves: it asks nothing of the network and prompts for nothing. */
const overrides = {
  '@jupyterlab/apputils-extension:notification': { fetchNews: 'false', checkForUpdates: false },
};

/** Writes the settings into JupyterLab's own environment. */
export async function writeLabSettings(environment: string): Promise<void> {
  const directory = join(environment, 'share', 'jupyter', 'lab', 'settings');
  makeDirectories(directory);
  await writeFile(join(directory, 'overrides.json'), `${JSON.stringify(overrides, null, 2)}\n`);
}
