const most = 8;
const longestName = 32;
/** Answers of a model that always takes its likeliest word would be the same. */
const leastTemperature = 0.7;
/** A number, or models with commas between them; then words. */
const form = /^(?:(\d{1,9})|--models\s+([^\s,]+(?:\s*,\s*[^\s,]+)*))(?:\s+(.*))?$/;

/** One attempt that is to be made. */
interface WantedAttempt {
  /** What its branch is called, as far as there is none of that name. */
  readonly word: string;
  readonly model?: { readonly provider: string; readonly model: string };
  readonly leastTemperature?: number;
}

export type WantedAttempts = readonly WantedAttempt[];

interface Wanted {
  readonly wanted: WantedAttempts;
  readonly prompt: string;
}

interface Problem {
  readonly problem: string;
}

/**
 * Reads what stands behind `%try`: how often the prompt is to be run, or with which models; then the prompt, as far as it does
 * not stand on the lines below.
 */
export function readWanted(args: string, below: string): Wanted | Problem {
  const [, number, models, words = ''] = form.exec(args) ?? [];
  if (number === undefined && models === undefined)
    return {
      problem:
        'It is written `%try 3`, or `%try --models ollama:llama3.2,groq:llama-3.3-70b-versatile`, with the prompt behind it or below.',
    };
  return withPrompt(
    models === undefined ? readCount(Number(number)) : readModels(models.split(',')),
    words,
    below,
  );
}

/** Reads what stands behind `%compare` where it begins with a model: `provider:model` twice or more, then the prompt as for `%try`. */
export function readCompared(args: string, below: string): Wanted | Problem {
  const [, models = '', words = ''] = /^((?:[^\s:]+:\S+(?:\s+|$))+)(.*)$/.exec(args.trim()) ?? [];
  return withPrompt(readModels(models.trim().split(/\s+/)), words, below);
}

function withPrompt(wanted: WantedAttempts | Problem, words: string, below: string): Wanted | Problem {
  if ('problem' in wanted) return wanted;
  const prompt = [words, below].filter((text) => text.trim() !== '').join('\n');
  if (prompt === '')
    return { problem: 'There is nothing to try: write the prompt behind it, or on the lines below.' };
  return { wanted, prompt };
}

function readCount(count: number): WantedAttempts | Problem {
  if (count < 2 || count > most)
    return { problem: `A prompt can be tried 2 to ${most} times, not ${count}.` };
  return Array.from({ length: count }, (_, at) => ({ word: 'try', ...(at > 0 && { leastTemperature }) }));
}

function readModels(list: readonly string[]): WantedAttempts | Problem {
  const names = list.map((name) => name.trim());
  if (names.length < 2 || names.length > most)
    return {
      problem: `A prompt can be tried with 2 to ${most} models, not ${names.length}: see \`%help\` for how they are written.`,
    };
  if (new Set(names).size < names.length)
    return { problem: 'A model stands twice in the list: `%try 2` runs one twice.' };
  const wanted: WantedAttempt[] = [];
  for (const name of names) {
    const [, provider, model] = /^([^:\s]+):(\S+)$/.exec(name) ?? [];
    if (provider === undefined || model === undefined)
      return {
        problem: `${JSON.stringify(name.slice(0, 100))} is no model: write \`provider:model\`. \`%model\` lists them.`,
      };
    wanted.push({ word: wordOf(model), model: { provider, model } });
  }
  return wanted;
}

/** A model's name as a branch may be called. */
function wordOf(model: string): string {
  const last = model.split('/').at(-1) ?? '';
  const word = last.replaceAll(/[^\w.-]+/g, '-').slice(0, longestName);
  return /^[A-Za-z]/.test(word) ? word : `m-${word}`;
}
