import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FileDelta, FileHistory } from '../../kernel/timeline/files/contract.ts';
import { createFileHistory } from '../../kernel/timeline/files/history.ts';

/** A workspace with its history, among other files that are none of its business. */
export class FileGround {
  readonly top = mkdtempSync(join(tmpdir(), 'replique-files-'));
  readonly workspace = join(this.top, 'workspace');
  readonly outside = join(this.top, 'outside');
  readonly objects = join(this.top, 'kept', 'objects');
  history: FileHistory;

  constructor() {
    mkdirSync(this.workspace);
    mkdirSync(this.outside);
    this.history = this.restarted();
  }

  /** The history as a kernel that starts again has it. */
  restarted(): FileHistory {
    this.history = createFileHistory({ workspace: this.workspace, objects: this.objects });
    return this.history;
  }

  at(path: string): string {
    return join(this.workspace, path);
  }

  put(path: string, content: string | Buffer): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), content);
  }

  read(path: string): string {
    return readFileSync(this.at(path), 'utf8');
  }

  /** What a run of code changes. */
  async run(act: () => void): Promise<FileDelta> {
    await this.history.settle();
    act();
    return (await this.history.changes()).delta;
  }

  remove(): void {
    rmSync(this.top, { recursive: true, force: true });
  }
}
