import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where JupyterLab's files are, and what it keeps for its user. */
export interface LabPlaces {
  /** `share/jupyter/lab` of JupyterLab's environment: static files, schemas, themes. */
  readonly app: string;
  /** Directories of prebuilt extensions; the first that has one of a name wins. */
  readonly extensions: readonly string[];
  /** Directories with `page_config.json`, the last wins. */
  readonly pageConfig: readonly string[];
  /** `*.json` language packs are below these directories of Python packages. */
  readonly packages: readonly string[];
  /** The Python package `notebook`, version 7, where it is installed. */
  readonly notebook: string | undefined;
  /** The user's style sheet for Notebook. */
  readonly customCss: string;
  readonly userSettings: string;
  readonly workspaces: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The places of a JupyterLab that is installed in a Python environment, by the rules of jupyter_core ("Common directories and
 * file locations") and the variables that JupyterLab has for them.
 * @param dataDir Jupyter's data directory of the user
 * @param packages the environment's directories of Python packages
 */
export function labPlaces(
  prefix: string,
  { home, dataDir, packages }: { home: string; dataDir: string; packages: readonly string[] },
  environment: Environment = process.env,
): LabPlaces {
  const config = environment['JUPYTER_CONFIG_DIR'] || join(home, '.jupyter');
  const system = ['/usr/local', '/usr'];
  return {
    app: join(prefix, 'share', 'jupyter', 'lab'),
    extensions: [
      join(dataDir, 'labextensions'),
      ...[prefix, ...system].map((place) => join(place, 'share', 'jupyter', 'labextensions')),
    ],
    pageConfig: [
      '/etc/jupyter/labconfig',
      '/usr/local/etc/jupyter/labconfig',
      join(prefix, 'etc', 'jupyter', 'labconfig'),
      join(config, 'labconfig'),
    ],
    packages,
    notebook: packages
      .map((directory) => join(directory, 'notebook'))
      .find((directory) => existsSync(join(directory, 'templates', 'tree.html'))),
    customCss: join(config, 'custom', 'custom.css'),
    userSettings: environment['JUPYTERLAB_SETTINGS_DIR'] || join(config, 'lab', 'user-settings'),
    workspaces: environment['JUPYTERLAB_WORKSPACES_DIR'] || join(config, 'lab', 'workspaces'),
  };
}
