/** A notebook of 20 MB, of images, tables and printed lines, a third each, as JupyterLab sends it after a run. */
export function largeNotebook(): object {
  const lines = Array.from({ length: 800 }, (_each, index) => `line ${index} of what was printed`).join('\n');
  const table = `<table>\n${'<tr><td class="x">a cell</td></tr>\n'.repeat(560)}</table>`;
  const outputs = (index: number): readonly object[] => [
    { output_type: 'stream', name: 'stdout', text: lines },
    {
      output_type: 'display_data',
      metadata: {},
      data: { 'text/html': `${table}${index}`, 'text/plain': 'a table' },
    },
    {
      output_type: 'display_data',
      metadata: {},
      data: { 'image/png': Buffer.alloc(16_000, index).toString('base64') },
    },
  ];
  const cells = Array.from({ length: 320 }, (_each, index) => ({
    ...{ cell_type: 'code', id: `cell-${index}`, metadata: { trusted: true }, execution_count: index + 1 },
    ...{ source: `for i in range(${index}):\n    print(i)`, outputs: outputs(index) },
  }));
  return { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
}
