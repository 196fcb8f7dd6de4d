import { expect, it } from 'vitest';
import { createEgress } from '../../../kernel/egress/egress.ts';
import { allow } from '../../../kernel/interpreter/magics/allow.ts';
import type { MagicContext, SandboxControl } from '../../../kernel/interpreter/magics/contract.ts';
import type { CellEvent } from '../../../kernel/loop/events.ts';

/** Runs `%allow` with the session's own egress; the rest of a cell has no part in it. */
function session(reach: SandboxControl['reach'] = 'what is allowed'): (args: string) => Promise<string> {
  const network = createEgress({ allow: ['set.test'], onConnection: () => undefined });
  return async (args) => {
    const events: CellEvent[] = [];
    const request = { emit: (event: CellEvent) => events.push(event), silent: false };
    await allow.run(args, '', { request, network, sandbox: { reach } } as unknown as MagicContext);
    return events
      .map((event) =>
        event.type === 'page' ? event.text : event.type === 'output' ? JSON.stringify(event.output) : '',
      )
      .join('\n');
  };
}

it('%allow opens, lists and closes hosts, and keeps those of the configuration', async () => {
  const run = session();
  expect(await run('')).toBe('Helpers may reach: set.test.');
  expect(await run('A.test:8080  *.b.test')).toBe('Helpers may reach: set.test, a.test:8080, *.b.test.');
  expect(await run('-d a.test:8080 other.test')).toBe(
    'other.test was not allowed.\nHelpers may reach: set.test, *.b.test.',
  );
  await run('-d set.test *.b.test');
  expect(await run('')).toBe('Helpers reach no host. %allow host opens one for this session.');
});

it('%allow says what is no host, and opens none of those that stand with it', async () => {
  const run = session();
  expect(await run('good.test http://bad.test/')).toContain('without http://');
  expect(await run('')).toBe('Helpers may reach: set.test.');
});

it.each([
  ['everything', 'There is no sandbox: helpers reach every host that you do, whatever is allowed here.'],
  ['nothing', 'On macOS helpers reach no host, whatever is allowed here.'],
] as const)('%%allow promises nothing where code reaches %s', async (reach, sentence) => {
  expect(await session(reach)('other.test')).toBe(sentence);
});
