import type { Config } from '../config.ts';
import type { ChatMessage } from './contract.ts';

/** Whether a model is given images: as the configuration says, else as is known of it. */
export const sees = ({ vision }: Pick<Config, 'vision'>, known: boolean): boolean =>
  vision === 'auto' ? known : vision === 'on';

/** An image as OpenAI's chat completions take it: a data URL. */
export const dataUrl = ({ mime, data }: NonNullable<ChatMessage['images']>[number]): string =>
  `data:${mime};base64,${data}`;
