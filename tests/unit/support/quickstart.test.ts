import { describe, expect, it } from 'vitest';
import { problemWith, type Cell } from '../../support/quickstart.ts';

const cell = (answer: string): Cell => ({
  id: 'table',
  cell_type: 'code',
  outputs: [
    { output_type: 'stream', text: 'East 2735\nSouth 5259\n' },
    {
      output_type: 'display_data',
      data: {
        'application/vnd.replique.turn+json': { provider: 'p', model: 'm', text: answer, final: true },
      },
    },
  ],
});
const problem = (answer: string): string | undefined =>
  problemWith(cell(answer), { numbers: [5259], region: 'South' });

describe('the check of the quickstart’s table', () => {
  it.each([
    'The region with the largest total is South with a total of 5259.',
    'Totals: East 2735, South 5259.\nThe largest is South.',
    'South: 5259',
  ])('takes %j as right', (answer) => {
    expect(problem(answer)).toBeUndefined();
  });

  it.each([
    'The region with the largest total is East with 2735.',
    'The totals are East 2735 and South 5259. The largest is East, 2735.',
    'The largest total is East (2735), then South (5259).',
    'The region with the largest total is 5259.',
    'East 2735, South 5259',
  ])('takes %j as wrong', (answer) => {
    expect(problem(answer)).toBeDefined();
  });
});
