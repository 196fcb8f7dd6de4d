import { readdirSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { filesNamed, listWorkspace } from '../../kernel/sandbox/listing.ts';
import { guardedWorker } from '../../kernel/sandbox/protected/guarded-worker.ts';
import { attacksToTry, type SessionAttack } from '../support/attacks.ts';
import { deceivesCareless, isDeceived, isTrapped } from '../support/deceptions.ts';
import { readUntil } from '../support/sandboxes.ts';
import { SessionGround } from '../support/session-ground.ts';
import { run } from '../support/workers.ts';

/** Attacks that take a whole session: each in plain Python, where it must succeed, and in a worker of ours. */

let ground: SessionGround;

beforeEach(() => {
  ground = new SessionGround();
});
afterEach(() => ground.close());

const looks = 40;
/** Whether to look again: often at what goes on swapping files, else once. */
const again = (look: number): boolean => look === 0 || (look < looks && ground.left().length > 0);

type Aspect = SessionAttack['seen'];
type Trial = (attack: SessionAttack) => Promise<boolean>;

/** Whether an attack succeeds in plain Python. */
const inPlain: Readonly<Record<Aspect, Trial>> = {
  result: ({ code }) => ground.plainResult(code, ground.workspace()),
  interrupt: async ({ code }) => {
    const child = await ground.plain(code, ground.workspace());
    await readUntil(child.stdout!, /begun/);
    child.kill('SIGINT');
    return stays();
  },
  end: async ({ code }) => {
    const child = await ground.plain(code, ground.workspace());
    const ended = once(child, 'exit');
    await readUntil(child.stdout!, /begun/);
    child.kill('SIGKILL');
    await ended;
    return stays();
  },
  later: async ({ code, later }) => {
    const workspace = ground.workspace();
    await ground.plainResult(code, workspace);
    return ground.plainResult(later, workspace);
  },
  listing: async ({ code }) => {
    const workspace = ground.workspace();
    await ground.plainResult(code, workspace);
    for (let look = 0; again(look); look += 1) if (await deceivesCareless(workspace)) return true;
    return false;
  },
  protected: async ({ code }) => {
    const workspace = ground.workspace();
    await ground.plainResult(code, workspace);
    return isTrapped(workspace);
  },
};

/** Whether the named process is there and stays for as long as an ordinary one would need to end. */
async function stays(): Promise<boolean> {
  const ended = vi.waitFor(() => expect(ground.left()).toEqual([]), { timeout: 500, interval: 20 });
  return ended.then(
    () => false,
    () => true,
  );
}

/** Whether it succeeds in a session. */
const inSession: Readonly<Record<Aspect, Trial>> = {
  result: async ({ code }) => isTrue(ground.session().worker, code),
  interrupt: async ({ code }) => {
    const { worker } = ground.session();
    const abort = new AbortController();
    let said = '';
    const running = run(worker, ground.complete(code), {
      signal: abort.signal,
      onOutput: (output) => (said += output.kind === 'stream' ? output.text : ''),
    });
    await vi.waitFor(() => expect(said).toContain('begun'), 20_000);
    expect(ground.left()).not.toEqual([]);
    abort.abort();
    expect((await running).status).toBe('interrupted');
    expect((await run(worker, 'print(6 * 7)')).stdout, 'the session goes on').toBe('42\n');
    return ground.left().length > 0;
  },
  end: async ({ code }) => {
    const { worker } = ground.session();
    expect((await run(worker, ground.complete(code))).stdout).toContain('begun');
    expect(ground.left()).not.toEqual([]);
    await worker.close();
    return ground.left().length > 0;
  },
  later: async ({ code, later }) => {
    const { worker } = ground.session();
    expect((await run(worker, ground.complete(code))).error).toBeUndefined();
    await worker.restart();
    return isTrue(worker, later);
  },
  listing: async ({ code }) => {
    const { worker, workspace } = ground.session();
    const ran = await run(worker, ground.complete(code));
    expect(ran.error, ran.notice).toBeUndefined();
    for (let look = 0; again(look); look += 1) {
      if (isDeceived(await listWorkspace(workspace))) return true;
      const named = await filesNamed(workspace, 'table.csv');
      if (named.some((path) => !/^(folder|link)\/table\.csv$/.test(path))) return true;
    }
    return false;
  },
  protected: async ({ code }) => {
    const { worker, workspace } = ground.session();
    const guarded = guardedWorker(worker, {
      ...{ workspace, notebook: undefined, setAside: join(ground.top, 'aside') },
      onUndone: () => undefined,
    });
    const origin = { kind: 'helper', turn: 1, helper: 1 } as const;
    expect((await run(guarded, ground.complete(code), { origin })).error).toBeUndefined();
    return isTrapped(workspace);
  },
};

async function isTrue(worker: Parameters<typeof run>[0], code: string): Promise<boolean> {
  const ran = await run(worker, ground.complete(code), { userExpressions: { result: 'result' } });
  expect(ran.error).toBeUndefined();
  const text = JSON.stringify(ran.userExpressions);
  expect(text).toMatch(/"(True|False)"/);
  return text.includes('"True"');
}

const attacks = attacksToTry().flatMap(({ session, ...attack }) => (session ? [{ ...attack, session }] : []));

describe.each([...new Set(attacks.map(({ layer }) => layer))])('layer %s', (layer) => {
  const own = attacks.filter((attack) => attack.layer === layer);
  it.each(own)('$name: $aim', { timeout: 120_000 }, async ({ session }) => {
    if (session.code.includes('neighbour')) await ground.addNeighbour();
    const before = readdirSync(ground.outside, { recursive: true });
    expect(await inPlain[session.seen](session), 'in plain Python').toBe(true);
    await ground.endLeft();
    expect(await inSession[session.seen](session), 'in a session').toBe(false);
    expect(readdirSync(ground.outside, { recursive: true })).toEqual(before);
  });
});
