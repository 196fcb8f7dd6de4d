import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../kernel/config.ts';
import { selectProvider } from '../../kernel/providers/select.ts';
import { locatePython } from '../../kernel/sandbox/python.ts';

const cases = z.array(
  z.object({ question: z.string(), answer: z.string(), forms: z.record(z.string(), z.string()) }),
);

/** Asks a model the same questions on the same tables in each form, and prints how many answers are right. */
export async function compareTables(config: Config, count: number, seed: number): Promise<void> {
  const python = await locatePython(config);
  const script = join('tests', 'eval', 'tables.py');
  const said = execFileSync(python.executable, [script, String(count), String(seed)], { encoding: 'utf8' });
  const signal = new AbortController().signal;
  const { provider, model } = await selectProvider(config, signal);
  const scores = new Map<string, { right: number; characters: number; tokens: number }>();
  for (const { question, answer, forms } of cases.parse(JSON.parse(said))) {
    for (const [form, table] of Object.entries(forms)) {
      const score = scores.get(form) ?? { right: 0, characters: 0, tokens: 0 };
      scores.set(form, score);
      const content = `<result status="ok">\n${table}\n</result>\n${question} Answer with that one word or number only.`;
      let text = '';
      const request = {
        model,
        messages: [{ role: 'user' as const, content }],
        maxTokens: 24,
        temperature: 0,
        stop: [],
      };
      for await (const event of provider.generate({ ...request, signal })) {
        if (event.type === 'text') text += event.text;
        else if (event.type === 'usage') score.tokens += event.usage.inputTokens;
      }
      score.characters += table.length;
      if (text.match(/[\p{L}\p{N}.]+/u)?.[0].replace(/\.$/, '') === answer) score.right += 1;
    }
  }
  await provider.close();
  for (const [form, { right, characters, tokens }] of scores) {
    console.log(`${form.padEnd(24)} ${right} of ${count} right, ${characters} characters, ${tokens} tokens`);
  }
}
