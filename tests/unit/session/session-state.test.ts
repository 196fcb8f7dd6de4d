import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Conversation } from '../../../kernel/loop/conversation.ts';
import type { Saved } from '../../../kernel/session/schema.ts';
import { SessionState } from '../../../kernel/session/session-state.ts';
import { SessionStore } from '../../../kernel/session/store.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'replique-state-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const crashed: Saved = {
  ...{ version: 1, session: randomUUID(), kernel: 'k', at: '2026-11-20T10:00:00.000Z' },
  process: { pid: process.pid, started: 'another-boot' },
  ...{ prompts: 1, executionCount: 1, title: 'Hello' },
  talk: { cell: 1, entries: [{ role: 'user', cell: 1, parts: [{ kind: 'words', text: 'Hello' }] }] },
};

/** The session after the one that crashed. */
function next(store: SessionStore): SessionState {
  const talk = new Conversation('system', () => state.changed());
  const state = new SessionState({
    ...{ store, session: randomUUID(), kernel: 'k', notebook: undefined, comesBack: true, talk },
    model: { kept: () => undefined, restore: () => undefined },
    redact: (value) => value,
    log: () => undefined,
  });
  return state;
}

/** A disk that is full for all but the session that crashed. */
class FullStore extends SessionStore {
  override save(saved: Saved): Promise<void> {
    if (saved.session !== crashed.session) return Promise.reject(new Error('the disk is full'));
    return super.save(saved);
  }
}

it.each([
  ['is another’s to take up no more', SessionStore, 'end'],
  ['stays to be taken up where it can’t be saved anew', FullStore, undefined],
])('a conversation that has come back %s', async (_, Store, ended) => {
  const store = new Store(directory);
  await store.save(crashed);
  const file = store.find({ kernel: 'k', notebook: undefined })[0]?.file ?? '';
  const state = next(store);
  expect(state.settle()[0]).toContain('Back is');
  await state.finish();
  expect((store.read(file) as Saved).ended).toBe(ended);
});
