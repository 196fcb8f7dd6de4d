import { realFiles, type CgroupFiles } from './files.ts';
import { groupOf, type Group } from './group.ts';
import { findHierarchy, findParent, thisView, type CgroupView } from './hierarchy.ts';
import { subtreeWay } from './subtree.ts';
import { findManager, systemdWay, type Manager } from './systemd.ts';
import type { CgroupWay } from './way.ts';

interface CgroupsOptions {
  readonly view?: CgroupView;
  readonly manager?: () => Manager | undefined;
  readonly files?: CgroupFiles;
}

/** The groups that this process can start sandboxes in. How is looked for once. */
export class Cgroups {
  readonly #view: CgroupView;
  readonly #options: CgroupsOptions;
  #way: Promise<CgroupWay | undefined> | undefined;

  constructor(options: CgroupsOptions = {}) {
    this.#options = options;
    this.#view = options.view ?? thisView;
  }

  /** Undefined where there is none: rlimits and the watchdog hold the limits then, as they do beside a group. */
  way(): Promise<CgroupWay | undefined> {
    this.#way ??= this.#find();
    return this.#way;
  }

  /** No more groups: a sandbox started without one, and not in one. */
  giveUp(): void {
    this.#way = Promise.resolve(undefined);
  }

  groupOf(pid: number): Group | undefined {
    return groupOf(pid, this.#view);
  }

  /** systemd first: where it manages the groups, nobody else should make any. */
  async #find(): Promise<CgroupWay | undefined> {
    if (findHierarchy(this.#view) === undefined) return undefined;
    const manager = (this.#options.manager ?? findManager)();
    const way = manager && (await systemdWay(manager));
    if (way !== undefined) return way;
    const { files = realFiles } = this.#options;
    const parent = findParent(this.#view, files);
    return parent === undefined ? undefined : subtreeWay(parent, files);
  }
}

/** Those of this machine. */
export const cgroups = new Cgroups();
