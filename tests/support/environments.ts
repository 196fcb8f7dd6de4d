import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workerEnvDir } from '../../kernel/paths.ts';

/** Large, and IPython does without them. */
const large =
  /^(?:numpy|pandas|matplotlib|mpl_toolkits|pil|pillow|fonttools|contourpy|kiwisolver|pip|setuptools)/i;

/** A Python environment of its own, with IPython, in which packages come and go. */
export class PythonGround {
  readonly python: string;
  readonly #packages: string;

  /** @param directory where it is made */
  constructor(directory: string) {
    const base = join(workerEnvDir(), 'bin', 'python');
    execFileSync(base, ['-m', 'venv', '--without-pip', directory]);
    this.python = join(directory, 'bin', 'python');
    const [version = ''] = readdirSync(join(directory, 'lib'));
    this.#packages = join(directory, 'lib', version, 'site-packages');
    const source = join(workerEnvDir(), 'lib', version, 'site-packages');
    for (const name of readdirSync(source)) {
      if (!large.test(name)) cpSync(join(source, name), join(this.#packages, name), { recursive: true });
    }
  }

  /** Packs what is installed, or the named of it, as wheels that pip finds in a folder. */
  packWheels(folder: string, ...names: readonly string[]): void {
    mkdirSync(folder, { recursive: true });
    execFileSync(this.python, ['-I', join(import.meta.dirname, 'wheels.py'), folder, ...names]);
  }

  /** Puts a file beside the packages. */
  add(name: string, content: string): void {
    writeFileSync(join(this.#packages, name), content);
  }

  /** Names the files of a package, as RECORD does. */
  own(name: string, version: string, ...files: readonly string[]): void {
    const record = join(this.#packages, `${name.replaceAll('-', '_')}-${version}.dist-info`, 'RECORD');
    writeFileSync(record, files.map((file) => `${file},,\n`).join(''));
  }

  /** Installs a package as pip leaves it: a module that prints its version, and what is known of it. */
  install(name: string, version: string, directUrl?: object): void {
    const module = name.replaceAll('-', '_');
    writeFileSync(join(this.#packages, `${module}.py`), `release = ${JSON.stringify(version)}\n`);
    const about = join(this.#packages, `${module}-${version}.dist-info`);
    mkdirSync(about);
    writeFileSync(join(about, 'METADATA'), `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
    writeFileSync(join(about, 'RECORD'), '');
    if (directUrl) writeFileSync(join(about, 'direct_url.json'), JSON.stringify(directUrl));
  }

  remove(name: string, version: string): void {
    const module = name.replaceAll('-', '_');
    rmSync(join(this.#packages, `${module}.py`));
    rmSync(join(this.#packages, `${module}-${version}.dist-info`), { recursive: true });
  }

  upgrade(name: string, from: string, to: string): void {
    this.remove(name, from);
    this.install(name, to);
  }
}
