import { CellBounds } from '../../kernel/output/bounds.ts';
import { safeBundle } from '../../kernel/output/firewall/bundle.ts';
import { createRedactor } from '../../kernel/output/firewall/redact.ts';
import { StreamFilter } from '../../kernel/output/firewall/stream.ts';

const secrets = ['gsk_Zx9qwertyuiop1234567890', 'sk-ant-0123456789abcdefghij'];
const rounds = 5;

const line = 'epoch 12: loss 0.1234, accuracy 0.9876, 1.2 s per step, naïve Größe\n';
const coloured = '\u001b[32mINFO\u001b[0m 12:00:01 \u001b[1mloaded\u001b[0m 120 rows from data.csv\n';
const table = `<table border="1" class="dataframe"><tbody>${'<tr><th>1</th><td>North</td><td>42.5</td></tr>'.repeat(10_000)}</tbody></table>`;

/** `npm run bench -- firewall`: how fast outputs pass the firewall. */
export function benchFirewall(): void {
  const redactor = createRedactor(secrets);
  const stream = (text: string) => (): number => {
    const filter = new StreamFilter(redactor);
    const bounds = new CellBounds();
    let characters = 0;
    for (let at = 0; at < text.length; at += 65_536) {
      const shown = filter.push(text.slice(at, at + 65_536));
      bounds.takeText(shown);
      characters += shown.length;
    }
    return characters + filter.end().length;
  };
  const bundle = (type: string, value: string) => (): unknown => safeBundle({ [type]: value }, {}, redactor);
  report('text of a stream', 64, stream(line.repeat(960_000)));
  report('text of a stream, coloured', 64, stream(coloured.repeat(900_000)));
  report('text/plain', 0.99, bundle('text/plain', line.repeat(14_000)));
  report('text/html, a table', table.length / 1e6, bundle('text/html', table));
  report(
    'text/html with its script, framed',
    4.8,
    bundle('text/html', `<script>${line.repeat(70_000)}</script>`),
  );
}

/** Prints the median of five rounds. */
function report(name: string, megabytes: number, round: () => unknown): void {
  round();
  const times = Array.from({ length: rounds }, () => {
    const began = performance.now();
    round();
    return performance.now() - began;
  }).sort((a, b) => a - b);
  const median = times[Math.floor(rounds / 2)] ?? NaN;
  const rate = (megabytes / median) * 1000;
  console.log(`${name.padEnd(36)} ${median.toFixed(1).padStart(8)} ms ${rate.toFixed(0).padStart(6)} MB/s`);
}
