import { z } from 'zod';
import type { Notebook } from './schema.ts';

const named = z.looseObject({ name: z.string().max(200).optional(), language: z.string().optional() });

/** The kernel that a notebook is meant for, where it names another than Replique under whatever name. */
export function kernelOf({ metadata }: Notebook): string | undefined {
  const spec = named.safeParse(metadata['kernelspec']).data;
  const language = named.safeParse(metadata['language_info']).data?.name;
  if (spec?.name === undefined) return undefined;
  const isOurs = spec.name === 'replique' || spec.language === 'replique' || language === 'replique';
  return isOurs ? undefined : spec.name.replaceAll(/\p{Cc}/gu, '\ufffd');
}
