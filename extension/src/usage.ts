const cellType = 'application/vnd.replique.cell+json';

/** What prompts used: tokens in and out together, US dollars where a price is known. */
export interface Usage {
  readonly prompts: number;
  readonly tokens: number;
  readonly cost: number | undefined;
}

export const nothing: Usage = { prompts: 0, tokens: 0, cost: undefined };

/** What the outputs of one cell say that it used; of anything else nothing. Outputs are a file's, and hold what they hold. */
export function usageIn(data: Readonly<Record<string, unknown>>): Usage {
  const cell = data[cellType];
  if (!isRecord(cell) || !isRecord(cell['usage'])) return nothing;
  const { inputTokens, outputTokens } = cell['usage'];
  if (!isCount(inputTokens) || !isCount(outputTokens)) return nothing;
  const cost = isCount(cell['cost']) ? cell['cost'] : undefined;
  return { prompts: 1, tokens: inputTokens + outputTokens, cost };
}

export function sum(all: readonly Usage[]): Usage {
  return all.reduce(
    (total, { prompts, tokens, cost }) => ({
      prompts: total.prompts + prompts,
      tokens: total.tokens + tokens,
      cost: cost === undefined ? total.cost : (total.cost ?? 0) + cost,
    }),
    nothing,
  );
}

/** The number of the turn that an output belongs to, if it is one that the model is still writing or a helper's. */
export function turnIn(metadata: unknown): number | undefined {
  const replique = isRecord(metadata) ? metadata['replique'] : undefined;
  if (!isRecord(replique) || (replique['kind'] !== 'turn' && replique['kind'] !== 'helper')) return undefined;
  return isCount(replique['turn']) ? replique['turn'] : undefined;
}

/** For the status bar, such as `turn 2 · 1,204 tokens · $0.0011`; empty where there is nothing to say. */
export function words({ prompts, tokens, cost }: Usage, turn: number | undefined): string {
  return [
    turn === undefined ? '' : `turn ${String(turn)}`,
    prompts === 0 ? '' : `${tokens.toLocaleString('en')} tokens`,
    cost === undefined || cost === 0 ? '' : dollars(cost),
  ]
    .filter((word) => word !== '')
    .join(' · ');
}

/** Two digits that say something, cents at least. */
function dollars(cost: number): string {
  const digits = cost < 1 ? Math.min(6, Math.max(2, 1 - Math.floor(Math.log10(cost)))) : 2;
  return `$${cost.toFixed(digits)}`;
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
