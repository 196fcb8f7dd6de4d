import type { Usage } from '../providers/contract.ts';

/** US dollars for a million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Of input that the provider had cached; absent: as other input. */
  readonly cached?: number | undefined;
}

/** The model of a call, as prices know it. */
export interface Priced {
  readonly provider: string;
  readonly model: string;
  /** Where its API is; a service of the same kind at another address has other prices. */
  readonly address?: string | undefined;
}

/** US dollars for a call; `undefined` where no price is known. */
export type Prices = (model: Priced, usage: Omit<Usage, 'estimated'>) => number | undefined;

const local: ReadonlySet<string> = new Set(['embedded', 'ollama', 'mock']);
const million = 1_000_000;

/**
 * Prices from the table of genai-prices, which is part of the package, and from `own`, which come first; models of this
 * machine cost nothing.
 * @param hasServices without any of which the table is not loaded
 * @param own by `provider:model` or `model`, as they were asked for
 */
export async function loadPrices(
  hasServices: boolean,
  own: Readonly<Record<string, Price>> = {},
): Promise<Prices> {
  const table = hasServices ? await import('@pydantic/genai-prices') : undefined;
  return (model, usage) => {
    const price = own[`${model.provider}:${model.model}`] ?? own[model.model];
    if (price !== undefined) return costAt(price, usage);
    if (local.has(model.provider)) return 0;
    const { inputTokens, outputTokens, cachedTokens } = usage;
    const counts = {
      input_tokens: inputTokens,
      output_tokens: outputTokens,
      cache_read_tokens: Math.min(cachedTokens, inputTokens),
    };
    const place =
      model.address === undefined ? { providerId: model.provider } : { providerApiUrl: model.address };
    return table?.calcPrice(counts, model.model, place)?.total_price;
  };
}

function costAt({ input, output, cached = input }: Price, usage: Omit<Usage, 'estimated'>): number {
  const hits = Math.min(usage.cachedTokens, usage.inputTokens);
  return ((usage.inputTokens - hits) * input + hits * cached + usage.outputTokens * output) / million;
}
