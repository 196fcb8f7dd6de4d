import type { RepliqueError } from '../../../kernel/errors.ts';
import { repliqueError } from '../../../kernel/errors.ts';
import { kernelOf } from '../notebook/kernel.ts';
import type { NotebookFile } from '../notebook/read.ts';
import { readNotebook } from '../notebook/read.ts';

/**
 * Reads a notebook whose cells are to be executed.
 * @throws RepliqueError NOTEBOOK_INVALID
 */
export async function readForRunning(path: string): Promise<NotebookFile> {
  const file = await readNotebook(path);
  const kernel = kernelOf(file.notebook);
  if (kernel === undefined) return file;
  throw foreign(path, kernel);
}

function foreign(path: string, kernel: string): RepliqueError {
  const problem = `it is of the kernel ${kernel}, and its cells would go to a model as prompts.`;
  const remedy =
    'Run it with its own kernel (`jupyter execute FILE`), or choose the kernel Replique in it and save it.';
  return repliqueError('NOTEBOOK_INVALID', { file: path, problem, remedy });
}
