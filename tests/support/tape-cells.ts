import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const helper = (code: string): string => `<helpers lang="python">\n${code}\n</helpers>`;

/** A notebook of every kind of cell that can be recorded, with what a model answers. */
export const tapeCells = [
  { id: 'sum', source: 'What is the sum of the numbers in numbers.txt?' },
  { id: 'table', source: 'Show sales.csv as a table.' },
  { id: 'scale', source: '%%python\nscale = 10\nprint("scale", scale)\nscale * 1.5' },
  { id: 'plot', source: 'Draw the sales.' },
  { id: 'mend', source: 'What does the package say, and what is in missing.txt?' },
  { id: 'count', source: '%%bash\nwc -l < numbers.txt' },
  { id: 'volatile', source: 'When did you run, and where?' },
  { id: 'hello', source: 'Say hello.' },
  { id: 'given', source: 'What is in @note.md?' },
  { id: 'state', source: 'What is scale times the sum?' },
];

export const tapeReplies = [
  {
    text: `I add them.\n${helper('numbers = [int(n) for n in open("numbers.txt")]\nprint("Sum:", sum(numbers))')}`,
  },
  { text: 'The sum is 60.' },
  {
    text: helper(
      'import pandas as pd\nsales = pd.read_csv("sales.csv")\ndisplay(sales)\nprint(sales.amount.mean())',
    ),
  },
  { text: 'There it is.' },
  { text: helper('import matplotlib.pyplot as plt\nplt.bar(sales.region, sales.amount)\nplt.show()') },
  { text: 'That is the chart.' },
  { text: helper('import tool\nprint(tool.about())\nopen("missing.txt")') },
  { text: helper('import os\nprint("missing.txt" in os.listdir("."))') },
  { text: 'The package says version 1; there is no missing.txt.' },
  {
    text: helper(
      [
        'import datetime, tempfile, time, uuid, random',
        'random.seed(1)',
        'print(datetime.datetime.now(), object(), uuid.uuid4(), tempfile.mkdtemp())',
        'began = time.perf_counter(); print(f"It took {time.perf_counter() - began:.6f} s")',
        'print("Lucky:", random.random())',
      ].join('\n'),
    ),
  },
  { text: 'Just now.' },
  { text: 'Hello!' },
  { text: 'It says: buy milk.' },
  { text: helper('print(scale * sum(numbers))') },
  { text: 'It is 600.' },
];

/** Writes the files that the cells read. */
export function writeTapeFiles(workspace: string): void {
  writeFileSync(join(workspace, 'numbers.txt'), '10\n20\n30\n');
  writeFileSync(join(workspace, 'sales.csv'), 'region,amount\nNorth,120\nSouth,80\nEast,55.5\n');
  writeFileSync(join(workspace, 'note.md'), '# Note\n\nBuy milk.\n');
  mkdirSync(join(workspace, 'tool'), { recursive: true });
  writeFileSync(join(workspace, 'tool', '__init__.py'), 'def about():\n    return "tool, version 1"\n');
}
