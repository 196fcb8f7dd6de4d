import { describe, expect, it } from 'vitest';
import { recordedIn } from '../../../server/cli/environment/recorded.ts';
import type { Notebook } from '../../../server/cli/notebook/schema.ts';
import { environment } from './environments.ts';

const footer = (replique: unknown) => ({
  output_type: 'display_data',
  data: { 'application/vnd.replique.cell+json': {} },
  metadata: { replique },
});
const notebook = (metadata: Record<string, unknown>, ...cells: unknown[][]): Notebook => ({
  ...{ nbformat: 4, nbformat_minor: 5, metadata },
  cells: cells.map((outputs) => ({ cell_type: 'code', metadata: {}, source: 'x', outputs })),
});
const of = (node: string) => environment({ node });

describe('the environment that a notebook records', () => {
  it('is that of the last cell that has it, else that of the notebook', () => {
    const whole = { replique: { environment: of('1') } };
    const cells = [
      [footer({ environment: of('2') })],
      [footer({ environment: of('3') }), footer({ kind: 'cell' })],
      [footer({})],
    ];
    expect(recordedIn(notebook(whole, ...cells))).toEqual({ environment: of('3') });
    expect(recordedIn(notebook(whole, [footer({})]))).toEqual({ environment: of('1') });
    expect(recordedIn(notebook({}, [footer(undefined)]))).toBeUndefined();
    expect(recordedIn(notebook({ replique: null }, [footer('x')]))).toBeUndefined();
  });

  it('is not taken from a helper’s output', () => {
    const output = { ...footer({ environment: of('2') }), data: { 'text/plain': 'x' } };
    expect(recordedIn(notebook({}, [output]))).toBeUndefined();
  });

  it('is none where the last can’t be read: no older one stands in for it', () => {
    const cells = [[footer({ environment: of('2') })], [footer({ environment: { version: 1 } })]];
    expect(recordedIn(notebook({}, ...cells))).toEqual({
      problem: 'is not as Replique writes it (at "replique")',
    });
    expect(recordedIn(notebook({ replique: { environment: 'x' } }))).toEqual({
      problem: 'is not as Replique writes it',
    });
  });
});
