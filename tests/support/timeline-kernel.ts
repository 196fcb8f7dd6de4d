import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KernelUnderTest, type RanCell } from './kernels.ts';

/** A reply of the model that is a helper. */
export const python = (code: string): string => `<helpers lang="python">\n${code}\n</helpers>`;

type Given = NonNullable<Parameters<typeof KernelUnderTest.start>[0]>;

/** A kernel whose cells have the ids that they have in a notebook. */
export class TimelineKernel {
  readonly under: KernelUnderTest;

  private constructor(under: KernelUnderTest) {
    this.under = under;
  }

  static async start(replies: readonly string[], given: Given = {}): Promise<TimelineKernel> {
    return new TimelineKernel(
      await KernelUnderTest.start({ replies: replies.map((text) => ({ text })), ...given }),
    );
  }

  /** Runs the cell of the notebook with that id. */
  cell(cellId: string, code: string, metadata = {}): Promise<RanCell> {
    return this.under.finished(this.send(cellId, code, metadata));
  }

  /** Sends a cell and returns its request's id. */
  send(cellId: string, code: string, metadata = {}, content = {}): string {
    return this.under.client.execute(code, content, { cellId, ...metadata });
  }

  /** Runs a cell that no notebook has. */
  run(code: string): Promise<RanCell> {
    return this.under.run(code);
  }

  /** What Python prints of an expression, without a cell of its own. */
  async value(expression: string): Promise<string> {
    const found = await this.under.run('', { silent: true, user_expressions: { it: expression } });
    const { it } = found.reply['user_expressions'] as {
      it: { data?: Record<string, string>; ename?: string };
    };
    return it.data?.['text/plain'] ?? it.ename ?? '';
  }

  path(name: string): string {
    return join(this.under.workspace, name);
  }

  file(name: string): string | undefined {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8') : undefined;
  }

  end(): Promise<void> {
    return this.under.end();
  }
}
