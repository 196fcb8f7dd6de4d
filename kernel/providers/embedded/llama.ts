import { pathToFileURL } from 'node:url';

/**
 * The part of node-llama-cpp 3.22 that the model host uses. It is no dependency of this package, but installed beside
 * the models (runtime.ts), so its types are written down here.
 */

export type Token = number & { readonly brand?: 'token' };

export interface LlamaSequence {
  readonly nextTokenIndex: number;
  compareContextTokens(tokens: readonly Token[]): { readonly firstDifferentIndex: number };
  eraseContextTokenRanges(ranges: readonly { start: number; end: number }[]): Promise<void>;
  clearHistory(): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: readonly Token[]): Promise<void>;
  evaluate(
    tokens: readonly Token[],
    options: { temperature: number; topK: number; topP: number; seed?: number },
  ): AsyncGenerator<Token, void, void>;
}

export interface LlamaContext {
  readonly contextSize: number;
  getSequence(): LlamaSequence;
  dispose(): Promise<void>;
}

export interface LlamaModel {
  readonly trainContextSize: number;
  tokenize(text: string, specialTokens: boolean): Token[];
  detokenize(tokens: readonly Token[], specialTokens: boolean, lastTokens: readonly Token[]): string;
  createContext(options: {
    contextSize: number;
    sequences: number;
    threads: number;
    failedCreationRemedy: false;
  }): Promise<LlamaContext>;
  dispose(): Promise<void>;
}

export interface Llama {
  readonly cpuMathCores: number;
  /** Most threads that the next computation may use. */
  maxThreads: number;
  loadModel(options: { modelPath: string; loadSignal: AbortSignal }): Promise<LlamaModel>;
}

interface LlamaModule {
  getLlama(options: {
    gpu: false;
    build: 'never';
    skipDownload: true;
    progressLogs: false;
    maxThreads: number;
    logger: (level: string, message: string) => void;
  }): Promise<Llama>;
}

/**
 * Loads the native library; nothing is ever compiled or fetched.
 * @param entry absolute path of node-llama-cpp's main file
 * @param threads most threads to compute with; 0: as many as there are cores for it
 */
export async function loadLlama(entry: string, threads: number, log: (line: string) => void): Promise<Llama> {
  const module = (await import(pathToFileURL(entry).href)) as LlamaModule;
  return module.getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    maxThreads: threads,
    logger: (level, message) => {
      if (level === 'error' || level === 'fatal') log(`${level}: ${message.trim()}`);
    },
  });
}
