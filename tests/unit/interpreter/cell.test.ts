import { describe, expect, it } from 'vitest';
import { parseCell } from '../../../kernel/interpreter/cell.ts';

describe('parseCell', () => {
  it.each([
    ['Which of these runs were slow?', 'prompt'],
    ['What does `df.head?` do?', 'prompt'],
    ['% of rows that are empty?', 'prompt'],
    ['50 %% of what?', 'prompt'],
    ['import numpy as np', 'prompt'],
    ['   \n\t\n', 'empty'],
    ['?', 'help'],
    ['?%check', 'help'],
    ['%%python\nprint(1)', 'cell-magic'],
    ['%help', 'line-magics'],
  ])('reads %j as %s', (text, kind) => {
    expect(parseCell(text).kind).toBe(kind);
  });

  it('gives a cell magic its arguments and the body as written', () => {
    expect(parseCell('%%python  a b \r\nif 1:\r\n    print(2)')).toEqual({
      kind: 'cell-magic',
      call: { name: 'python', args: 'a b' },
      body: 'if 1:\n    print(2)',
    });
  });

  it('takes leading line magics off a prompt', () => {
    expect(parseCell('%check\n\n%help\nHow many files?\n%not a magic')).toEqual({
      kind: 'line-magics',
      calls: [
        { name: 'check', args: '' },
        { name: 'help', args: '' },
      ],
      prompt: 'How many files?\n%not a magic',
    });
  });
});

describe('what papermill injects', () => {
  it.each([
    '# Parameters\nn = 3',
    '# Parameters\n',
    '# Parameters\na = "it\'s"\nb = \'x\\\'y\'\nc = """one\ntwo"""',
    '# Parameters\na = [1, 2.5, -3e4, (True, None)]\nb = {"k": {"l": []}, }\n',
    "# Parameters\na = float('nan')\nb = float('-inf')  # why not\n",
    '# Parameters\na = 1; b = 2',
    '# Parameters\na = {1, 2}\nb = r"\\d"',
  ])('runs as Python: %j', (text) => {
    expect(parseCell(text)).toEqual({ kind: 'code', code: text.trim() });
  });

  it.each([
    '# Parameters\nn = open("x")',
    '# Parameters\nn = 3 + 4',
    '# Parameters\nimport os',
    '# Parameters\nn = [1, 2',
    '# Parameters\nn = "a',
    '# Parameters\nn = f"{x}"',
    '# Parameters\nWhat do these mean?',
    '# Parameters of the model\nn = 1',
    '# Parameters\nn = [1 2]',
    `# Parameters\nn = ${'['.repeat(500)}${']'.repeat(500)}`,
  ])('stays a prompt: %j', (text) => {
    expect(parseCell(text).kind).toBe('prompt');
  });
});
