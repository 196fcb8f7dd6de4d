import { createInterface } from 'node:readline';
import type { Config } from '../config.ts';
import type { SetupEvent } from '../protocol/setup.ts';
import { prepareEmbedded } from '../providers/embedded/prepare.ts';
import { selectProvider } from '../providers/select.ts';
import { remedyOf } from './remedy.ts';

/**
 * Chooses the provider and, for the embedded one, fetches what is missing. Says what it does as SetupEvents on stdout,
 * one JSON object a line; an `ask` is answered by a line `yes` on stdin, and anything else, its end included, is a no.
 * @returns the exit status: 1 after a `failed`
 */
export async function runSetup(config: Config): Promise<number> {
  const say = (event: SetupEvent): void => {
    process.stdout.write(`${JSON.stringify(event)}\n`);
  };
  const interrupt = new AbortController();
  const answers = createInterface({ input: process.stdin });
  const lines = answers[Symbol.asyncIterator](); // made now, it keeps what is answered before it is asked
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
          return (await lines.next()).value === 'yes';
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

function failed(error: unknown, signal: AbortSignal): SetupEvent {
  if (signal.aborted) {
    return {
      type: 'failed',
      sentence: 'The set-up was interrupted.',
      remedy: 'Run it again: it goes on where it stopped.',
    };
  }
  const remedy = remedyOf(error) ?? 'Set REPLIQUE_DEBUG=1 to see more.';
  return { type: 'failed', sentence: (error as Error).message, remedy };
}
