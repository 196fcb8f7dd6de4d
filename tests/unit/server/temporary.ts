import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { ProgressSink, ProgressState } from '../../../server/cli/setup/progress-sink.ts';

/** A directory that is gone after the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'replique-cli-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes a shell script that can be run. */
export function writeScript(directory: string, name: string, body: string): string {
  const file = join(directory, name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Sets environment variables for the test. */
export function environment(values: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(values)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

/** A sink that keeps what it is told. */
export class RecordingSink implements ProgressSink {
  readonly steps: string[] = [];
  readonly states: ProgressState[] = [];

  step(text: string): void {
    this.steps.push(text);
  }

  progress(state: ProgressState): void {
    this.states.push(state);
  }
}

/** A stream that keeps what is written. */
export class RecordingOut {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 100;

  constructor(isTTY = false) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}
