import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { Conversation } from '../../../kernel/loop/conversation.ts';
import { createFileHistory } from '../../../kernel/timeline/files/history.ts';
import { Journal } from '../../../kernel/timeline/journal/journal.ts';
import { recordingWorker } from '../../../kernel/timeline/recorder.ts';
import { Timeline } from '../../../kernel/timeline/timeline.ts';
import { MoveKeeper } from '../../../kernel/timeline/unfinished/keeper.ts';
import { Workers } from '../../support/workers.ts';

const workers = new Workers();
const directory = mkdtempSync(join(tmpdir(), 'replique-timelines-'));
afterEach(async () => {
  await workers.close();
  rmSync(directory, { recursive: true, force: true });
});

const log = (): void => undefined;
const asked = { say: log, signal: new AbortController().signal };

it('what a cell did to files is its own, though the next one came before a slow machine had kept it', async () => {
  const { worker, workspace } = workers.create({ isolation: 'bubblewrap' });
  const session = 's';
  const conversation = new Conversation('');
  const journal = new Journal({ directory, session, redact: (text) => text, log });
  const timeline = new Timeline({
    ...{ worker, conversation, directory, log, hasNetwork: () => false },
    files: createFileHistory({ workspace, objects: join(directory, session, 'objects') }),
    journal,
    moves: new MoveKeeper({ directory, session, workspace, log }),
  });
  const recorded = recordingWorker(worker, {
    took: (step) => timeline.took(step),
    opened: () => undefined,
  });
  await timeline.keep();
  for (const [at, name] of ['a', 'b'].entries()) {
    const source = `open('${name}', 'w').close()`;
    await timeline.begin({ kind: 'code', executionCount: at + 1, source, ...asked });
    await recorded.execute({
      ...{ code: source, language: 'python', timeoutMs: 30_000, onOutput: log, signal: asked.signal },
    });
    timeline.end({ tokens: 0, failed: false });
    // Longer than a quick cell takes to come: after that others may have written files.
    await wait(150);
  }
  await timeline.keep();
  expect(readdirSync(workspace).sort()).toEqual(['a', 'b']);
  expect(await timeline.rewind(1, asked)).toBeUndefined();
  expect(readdirSync(workspace)).toEqual([]);
  await journal.close();
}, 60_000);
