import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeCell, NotebookPage, notebookWith } from '../../support/notebook-page.ts';
import { RepliqueServer } from '../../support/replique-server.ts';

/** Code that sends an output as bytes: Python itself would not write it. */
const sends = (content: string): string => `
kernel = get_ipython().kernel
session, about = kernel.session, kernel.session.msg("display_data", parent=kernel.get_parent())
parts = [session.pack(about["header"]), session.pack(about["parent_header"]), b"{}", ${content}]
kernel.iopub_socket.send_multipart([b"x", b"<IDS|MSG>", session.sign(parts), *parts])
print("after it")
`;
const levels = 100_000;
const deep = `b'{"data":{"application/json":' + b"[" * ${levels} + b"]" * ${levels} + b'},"metadata":{},"transient":{}}'`;

describe('a kernel that sends what can be read and not be written', { timeout: 60_000 }, () => {
  let server: RepliqueServer;
  beforeAll(async () => {
    server = await RepliqueServer.start();
  }, 120_000);
  afterAll(() => server.close());

  it('is heard after it, by those who listen to events and by pages; its notebook can be read', async () => {
    writeFileSync(
      join(server.workspace, 'a.ipynb'),
      JSON.stringify(notebookWith(codeCell('a', sends(deep)))),
    );
    const kernel = { name: 'python3' };
    const made = await server.send('POST', 'api/sessions', { path: 'a.ipynb', type: 'notebook', kernel });
    const { id } = (await made.json()) as { id: string };
    const started = await server.send('POST', `api/replique/sessions/${id}/prompt`, { cell_id: 'a' });
    const { events } = (await started.json()) as { events: string };
    const told = await (await server.request(events.slice(1))).text();
    expect(told).toContain('after it');
    expect(told).toContain('event: finished');
    expect(told.length).toBeLessThan(10_000);
    const page = await NotebookPage.open(server, 'a.ipynb');
    expect(JSON.stringify(page.outputs('a'))).toContain('after it');
    await page.close();
  });
});
