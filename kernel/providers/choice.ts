import type { Config } from '../config.ts';
import { ProviderError } from './contract.ts';
import { isProviderName, providerNames, type ConcreteName } from './create.ts';
import { selectProvider, type Selection } from './select.ts';

/** A kept provider that has not said by then whether it has the model counts as gone. */
const mostAskMs = 5000;

/** Those that `auto` may choose. */
const automatic: readonly ConcreteName[] = ['ollama', 'groq', 'embedded'];

/** Who answers in a session. */
export interface Answering {
  readonly provider: string;
  readonly model: string;
}

export interface ModelChoiceOptions {
  readonly config: Config;
  /** @throws ProviderError where no provider can be had */
  readonly select: (config: Config, signal: AbortSignal) => Promise<Selection>;
  /** Makes sure that it answers. @throws ProviderError where nobody does */
  readonly confirm: (selection: Selection, signal: AbortSignal, say: (text: string) => void) => Promise<void>;
}

/** The provider and model of a session: chosen once, and after a crash the same, where they can still be had. */
export class ModelChoice {
  readonly #o: ModelChoiceOptions;
  #selection: Selection | undefined;
  #before: Answering | undefined;

  constructor(options: ModelChoiceOptions) {
    this.#o = options;
  }

  /** Once it is made. */
  get selection(): Selection | undefined {
    return this.#selection;
  }

  /** Who is to answer again after a crash. */
  kept(): Answering | undefined {
    if (this.#selection === undefined) return this.#before;
    return { provider: this.#selection.provider.name, model: this.#selection.model };
  }

  /** The same is to answer as before a crash, unless the configuration names another. */
  restore(before: Answering): void {
    this.#before = before;
  }

  /**
   * @param say told what the reader is to know of the choice
   * @throws ProviderError where no provider can be had, or none answers; the reason of `signal` when that is aborted
   */
  async make(signal: AbortSignal, say: (text: string) => void): Promise<Selection> {
    if (this.#selection !== undefined) return this.#selection;
    return this.#take(await this.#make(signal, say), signal, say);
  }

  /**
   * From now on this one answers. Where it does not, the one before goes on.
   * @throws as `make`
   */
  async change(
    { provider, model }: Answering,
    signal: AbortSignal,
    say: (text: string) => void,
  ): Promise<void> {
    const { config, select } = this.#o;
    if (!isProviderName(provider)) throw unknownProvider(provider);
    const selection = await select({ ...config, provider, model }, signal);
    const before = this.#selection;
    await this.#take(selection, signal, say);
    await before?.provider.close();
  }

  /**
   * Another one beside the session's, which goes on. The caller closes it.
   * @throws as `make`
   */
  async beside(
    { provider, model }: Answering,
    signal: AbortSignal,
    say: (text: string) => void,
  ): Promise<Selection> {
    const { config, select, confirm } = this.#o;
    if (!isProviderName(provider)) throw unknownProvider(provider);
    const selection = await select({ ...config, provider, model, fallback: [] }, signal);
    try {
      await confirm(selection, signal, say);
    } catch (error) {
      await selection.provider.close();
      throw error;
    }
    return selection;
  }

  /** It answers from now on, once it has been made sure that it does. @throws ProviderError where nobody does */
  async #take(selection: Selection, signal: AbortSignal, say: (text: string) => void): Promise<Selection> {
    try {
      await this.#o.confirm(selection, signal, say);
    } catch (error) {
      await selection.provider.close();
      throw error;
    }
    this.#selection = selection;
    return selection;
  }

  async #make(signal: AbortSignal, say: (text: string) => void): Promise<Selection> {
    const { config, select } = this.#o;
    const again = this.#before && configAgain(config, this.#before);
    if (this.#before === undefined || again === undefined) return select(config, signal);
    const problem = await whyGone(again, signal);
    if (problem === undefined) return select(again, signal);
    const selection = await select(config, signal);
    const [before, now] = [this.#before, { provider: selection.provider.name, model: selection.model }];
    say(
      `${before.provider}:${before.model}, which answered before the crash, can’t be had: ${problem} Now it is ${now.provider}:${now.model}.`,
    );
    return selection;
  }
}

const unknownProvider = (name: string): ProviderError =>
  new ProviderError(
    'model-missing',
    `There is no provider "${name.slice(0, 50)}".`,
    `Write one of ${providerNames.join(', ')}, a colon, and the model.`,
  );

/** The configuration with who answered before; `undefined` where it names who is to answer itself. */
function configAgain(config: Config, { provider, model }: Answering): Config | undefined {
  const open = config.provider === 'auto' ? automatic : [config.provider];
  const name = open.find((each) => each === provider);
  return name === undefined || config.model !== undefined ? undefined : { ...config, provider: name, model };
}

/** Why the provider or its model can't be had, in a sentence. One that does not list its models is taken to have it. */
async function whyGone(config: Config, signal: AbortSignal): Promise<string | undefined> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(mostAskMs)]);
  try {
    const { provider, model } = await selectProvider(config, limited);
    try {
      const listed = await provider.listModels(limited).catch(() => undefined);
      if (listed?.includes(model) !== false) return undefined;
      return `It does not offer the model any more.`;
    } finally {
      await provider.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ProviderError) return error.message;
    if (limited.aborted) return 'It does not answer.';
    throw error;
  }
}
