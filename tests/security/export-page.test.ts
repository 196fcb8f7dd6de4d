import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { html } from '../../server/cli/export/html.ts';
import { notebookSchema } from '../../server/cli/notebook/schema.ts';
import { HostilePage } from '../support/hostile-page.ts';

/** A notebook from a stranger, exported: each output is in it as the attack sends it, with no kernel between. */

const directory = join(import.meta.dirname, 'attacks', '7-output');
const attack = z.looseObject({
  judge: z.string(),
  click: z.boolean().optional(),
  outputs: z.array(z.looseObject({ data: z.record(z.string(), z.unknown()).optional() })),
});

const attacks = readdirSync(directory)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, ...attack.parse(JSON.parse(readFileSync(join(directory, name), 'utf8'))) }))
  .filter(({ judge }) => judge === 'page');

let page: HostilePage;
beforeAll(async () => (page = await HostilePage.open()), 60_000);
afterAll(() => page.close());

function exported(outputs: readonly unknown[], evil: string): string {
  const text = JSON.stringify(outputs)
    .replaceAll('EVIL', evil)
    .replaceAll(/REPEAT:\d+/g, 'all work');
  const bundles = (JSON.parse(text) as { data?: Record<string, unknown> }[]).map(({ data = {} }) => data);
  const shown = (data: unknown, metadata: unknown = {}) => ({ output_type: 'display_data', data, metadata });
  const texts = bundles.flatMap((data) => Object.values(data)).filter((value) => typeof value === 'string');
  const cells = [
    ...texts.map((source) => ({ cell_type: 'markdown', source })),
    ...texts.map((source) => ({ cell_type: 'raw', source })),
    ...texts.map((source) => ({ cell_type: 'code', source, outputs: [] })),
    {
      cell_type: 'code',
      source: 'x',
      outputs: [
        ...bundles.map((data) => shown(data)),
        ...bundles.map((data) => shown(data, { replique: { kind: 'turn' } })),
        ...texts.map((source) => shown({ 'text/markdown': source }, { replique: { kind: 'turn' } })),
        ...texts.map((source) => ({ output_type: 'stream', name: 'stdout', text: source })),
      ],
    },
  ];
  const notebook = notebookSchema.parse({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells });
  const bytes = Buffer.alloc(0);
  return html.write({
    path: '</title><script>window.attacked = 1</script>.ipynb',
    bytes,
    text: '',
    notebook,
  });
}

describe('a page made of a hostile notebook', () => {
  it('is tried with attacks', () => expect(attacks.length).toBeGreaterThan(20));

  it.each(attacks)('does nothing without its own policy, too: $name', async ({ outputs, click }) => {
    const text = exported(outputs, page.evil);
    expect(text).toContain(`content="default-src 'none';`);
    const withoutPolicy = text.replace(/<meta http-equiv[^>]*>/, '');
    const { requests, signs } = await page.show(withoutPolicy, click);
    expect({ requests, signs }).toEqual({ requests: [], signs: [] });
  });
});
