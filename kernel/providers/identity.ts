import type { Config } from '../config.ts';

/** How long a server may take to say which model it has, in milliseconds. */
const answerMs = 3000;

/**
 * Which weights a model's name stands for here: their SHA-256, hex. That of the embedded model is pinned, Ollama says its own
 * (`digest` of https://docs.ollama.com/api/tags).
 * @returns undefined where it can't be known: of a hosted model, of a file of the user's own. Never rejects.
 */
export async function modelDigest(
  config: Config,
  { provider, name }: { readonly provider: string; readonly name: string },
): Promise<string | undefined> {
  try {
    if (provider === 'embedded') {
      if (config.modelPath !== undefined) return undefined;
      const { findModel } = await import('./embedded/models.ts');
      return findModel(name).sha256;
    }
    if (provider !== 'ollama') return undefined;
    const { digestOf } = await import('./ollama.ts');
    return await digestOf(config, name, AbortSignal.timeout(answerMs));
  } catch {
    return undefined;
  }
}
