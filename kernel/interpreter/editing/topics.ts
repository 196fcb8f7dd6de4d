import { inTime } from './in-time.ts';
import { aboutMagic } from './magics.ts';
import type { Sources, Suggestion, Suggestions } from './contract.ts';

/** A list that takes longer is there the next time. */
const modelsMs = 250;
const dotted = /^((?:[\p{ID_Start}_]\p{ID_Continue}*\.)*)((?:[\p{ID_Start}_]\p{ID_Continue}*)?)$/u;

/** What help can be asked for: magics, variables, models. */
export async function completeTopic(
  sources: Sources,
  { word, start }: { readonly word: string; readonly start: number },
): Promise<Suggestions> {
  const [, path = '', name] = dotted.exec(word) ?? [];
  const parts = path.split('.').filter((part) => part !== '');
  const [names, models] = await Promise.all([
    name === undefined ? [] : sources.worker.names(parts, name),
    parts.length > 0 ? [] : inTime(sources.models.list(), modelsMs, []),
  ]);
  const others: Suggestion[] = [
    ...sources.magics.map((magic) => ({ text: magic.name, kind: 'magic' })),
    ...models.map((model) => ({ text: model, kind: 'model' })),
  ];
  const items = [
    ...(parts.length > 0 ? [] : others.filter(({ text }) => text.startsWith(word))),
    ...names.map((found) => ({ text: path + found.name, kind: found.kind })),
  ];
  return { start, items };
}

/** What is known of a magic or a model by its name. */
export async function aboutTopic(sources: Sources, topic: string): Promise<string | undefined> {
  const name = topic.replace(/^%+/, '');
  const magic = sources.magics.find((each) => each.name === name);
  return magic ? aboutMagic(magic) : aboutModel(sources, topic);
}

/** A model's context length and price. */
export async function aboutModel({ models, clean }: Sources, name: string): Promise<string | undefined> {
  const found = name.includes(':') ? await models.about(name) : undefined;
  if (found === undefined) return undefined;
  const { contextLength, isGuess, vision, price } = found;
  const length = `${contextLength.toLocaleString('en')} tokens of context${isGuess ? ' (a guess: the provider does not say)' : ''}`;
  return clean(`${name}: ${length}; ${vision ? 'sees images' : 'sees no images'}; ${price}`);
}
