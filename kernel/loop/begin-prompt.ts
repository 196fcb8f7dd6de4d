import type { Conversation } from './conversation.ts';
import type { LoopEvent } from './events.ts';
import type { GivenRoom } from './given.ts';
import type { Asked } from './judge.ts';
import type { ManagerOptions, ProcessOptions } from './options.ts';
import { aborted, untilAborted } from './race.ts';

interface PromptOptions
  extends Pick<ManagerOptions, 'workspaceListing' | 'memoryListing'>, Pick<ProcessOptions, 'give'> {
  readonly conversation: Conversation;
}

/**
 * Puts a prompt into the conversation, with what there is to work with and what the prompt points at. What can't be
 * looked at is told the reader.
 * @returns what its answer is judged by
 */
export async function beginPrompt(
  prompt: string,
  { workspaceListing, memoryListing, give, conversation }: PromptOptions,
  room: GivenRoom,
  signal: AbortSignal,
  emit: (event: LoopEvent) => void,
): Promise<Omit<Asked, 'given'>> {
  const look = async <T>(place: string, action: (() => Promise<T>) | undefined): Promise<T | undefined> => {
    if (!action || signal.aborted) return undefined;
    try {
      const found = await untilAborted(action(), signal);
      return found === aborted ? undefined : found;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      emit({ type: 'notice', text: `${place} could not be listed for the model: ${why}` });
      return undefined;
    }
  };
  const files = await look('The workspace', workspaceListing);
  const memory = await look('Python’s memory', memoryListing);
  const given = await look('What the prompt points at', give && (() => give(room)));
  for (const event of given?.events ?? []) emit(event);
  conversation.beginCell(prompt, { files, memory }, given?.parts);
  return {
    prompt: (given?.seen ?? []).reduce((left, written) => left.replaceAll(written, ''), prompt),
    hasGiven: given?.parts.some(({ kind }) => kind === 'result') ?? false,
  };
}
