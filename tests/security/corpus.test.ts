import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { judge } from '../../kernel/policy/judge.ts';
import { Policy } from '../../kernel/policy/policy.ts';
import type { LaunchOptions, SandboxProcess } from '../../kernel/sandbox/contract.ts';
import { attackFiles, attackPrelude, attacksToTry, type AttackFile } from '../support/attacks.ts';
import { launchInOuterSandbox } from '../support/outer-sandbox.ts';
import { Playground, runningIn, type Given } from '../support/sandboxes.ts';
import { launchWithout } from '../support/weaker-sandbox.ts';

/** Each attack of tests/security/attacks/ twice: without what holds it, where it must succeed, and in our sandbox. */

let ground: Playground;
let servers: readonly Server[];
let argument: Readonly<Record<string, unknown>>;

/** A fresh place, with what attacks are after. */
async function prepare(): Promise<void> {
  ground = new Playground();
  writeFileSync(join(ground.outside, 'secret.txt'), 'secret');
  writeFileSync(join(ground.outside, 'init.py'), '');
  writeFileSync(join(ground.outside, 'audit.key'), 'key');
  mkdirSync(join(ground.outside, 'audit'));
  writeFileSync(join(ground.outside, 'audit', 'record.jsonl'), '{}\n');
  servers = [createServer((socket) => socket.end()), createServer((socket) => socket.end())];
  const [tcp, unix] = servers;
  await once(tcp!.listen(0, '127.0.0.1'), 'listening');
  await once(unix!.listen(join(ground.workspace, 's')), 'listening');
  argument = { outside: ground.outside, port: (tcp!.address() as AddressInfo).port, unix: 's' };
}
beforeEach(prepare);
afterEach(async () => {
  await cleanUp();
});

async function cleanUp(): Promise<void> {
  for (const server of servers) server.close();
  await ground.close();
}

const outside = (): unknown =>
  readdirSync(ground.outside, { recursive: true })
    .map(String)
    .sort()
    .map((name) => {
      const path = join(ground.outside, name);
      return [name, lstatSync(path).isFile() ? readFileSync(path, 'utf8') : ''];
    });

/** What must be as before whatever was tried. */
function machine(): unknown {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return {
    mounts: mounts.filter((line) => line.includes(ground.top)),
    hostname: hostname(),
    outside: outside(),
  };
}

/** The control's sandbox: ours without the parts that are the point, or the outer one. */
const launchControl =
  ({ without }: AttackFile) =>
  (options: LaunchOptions): Promise<SandboxProcess> =>
    without.length === 0
      ? launchInOuterSandbox(options, ground.top)
      : launchWithout(without, options, ground.outside);

const succeeds = (attack: AttackFile, launch?: Given['launch']): Promise<unknown> =>
  ground.run(`${attackPrelude}\n${attack.body}`, 'bubblewrap', {
    ...{ argument, limits: attack.limits },
    ...(launch && { launch }),
  });

const all = attackFiles();
const attacks = attacksToTry().filter(({ session }) => session === undefined);

it('the corpus has its 150 attacks, over seven layers', () => {
  const last = readdirSync(join('tests', 'security', 'attacks', '7-output')).filter((name) =>
    name.endsWith('.json'),
  );
  expect(all.length + last.length).toBeGreaterThanOrEqual(150);
  expect(new Set(all.map(({ layer }) => layer)).size).toBe(6);
});

it('most controls are our own sandbox without the part that is the point', () => {
  const inSandbox = all.filter(({ layer, session }) => layer !== '1-validation' && session === undefined);
  const narrow = inSandbox.filter(({ without }) => without.length > 0);
  expect(narrow.length).toBeGreaterThanOrEqual(200);
  expect(narrow.filter(({ without }) => without.length === 1).length).toBeGreaterThanOrEqual(155);
});

describe.each([...new Set(attacks.map(({ layer }) => layer))])('layer %s', (layer) => {
  it.each(attacks.filter((attack) => attack.layer === layer))('$name: $aim', async (attack) => {
    expect(await succeeds(attack, launchControl(attack)), 'without the layer').toBe(true);
    if (layer === '1-validation') {
      const judged = await judge(attack.body, 'python');
      const policy = new Policy('strict');
      const isDenied =
        judged.kind === 'refused' ||
        judged.findings.some(
          (finding) => policy.decide(finding, false) === 'deny' || finding.capability === 'subprocess',
        );
      expect(isDenied, 'before it runs').toBe(true);
      return;
    }
    await cleanUp();
    await prepare();
    const before = machine();
    expect(await succeeds(attack), 'with it').toBe(false);
    expect(machine()).toEqual(before);
    expect(runningIn(ground.workspace)).toEqual([]);
    for (const name of readdirSync(ground.workspace)) {
      const status = lstatSync(join(ground.workspace, name));
      expect(status.mode & 0o6000, name).toBe(0);
      expect(status.isBlockDevice() || status.isCharacterDevice() || status.isFIFO(), name).toBe(false);
    }
  });
});
