import { createInterface, type Interface } from 'node:readline';
import type { Config } from '../config.ts';
import { describeError, RepliqueError } from '../errors.ts';
import type { SetupEvent } from '../protocol/setup.ts';
import { ProviderError } from '../providers/contract.ts';
import { prepareEmbedded } from '../providers/embedded/prepare.ts';
import { selectProvider } from '../providers/select.ts';

/**
 * Chooses the provider and, for the embedded one, fetches what is missing. Says what it does as SetupEvents on stdout,
 * one JSON object a line; an `ask` is answered by a line `yes` or `no` on stdin.
 * @returns the exit status: 1 after a `failed`
 */
export async function runSetup(config: Config): Promise<number> {
  const say = (event: SetupEvent): void => {
    process.stdout.write(`${JSON.stringify(event)}\n`);
  };
  const interrupt = new AbortController();
  const answers = createInterface({ input: process.stdin });
  process.once('SIGINT', () => interrupt.abort());
  try {
    const { provider, model, reason } = await selectProvider(config, interrupt.signal);
    await provider.close();
    say({ type: 'step', text: `Provider ${provider.name}, model ${model}. ${reason}` });
    if (provider.name === 'embedded') {
      await prepareEmbedded(config, {
        signal: interrupt.signal,
        onEvent: say,
        confirm: async (question) => {
          say({ type: 'ask', question });
          return (await nextLine(answers)) !== 'no';
        },
      });
    }
    say({ type: 'done' });
    return 0;
  } catch (error) {
    say(failed(error, interrupt.signal));
    return 1;
  } finally {
    answers.close();
  }
}

/** The next line of the answers; `undefined` when there is none any more. */
function nextLine(answers: Interface): Promise<string | undefined> {
  return new Promise((resolve) => {
    answers.once('line', resolve);
    answers.once('close', () => resolve(undefined));
  });
}

function failed(error: unknown, signal: AbortSignal): SetupEvent {
  if (signal.aborted) {
    return {
      type: 'failed',
      sentence: 'The set-up was interrupted.',
      remedy: 'Run it again: it goes on where it stopped.',
    };
  }
  if (error instanceof ProviderError || error instanceof RepliqueError) {
    return { type: 'failed', sentence: error.message, remedy: error.remedy };
  }
  return { type: 'failed', sentence: describeError(error), remedy: 'Set REPLIQUE_DEBUG=1 to see more.' };
}
