import type { RepliqueError } from '../errors.ts';
import { parseCell } from './cell.ts';
import { failed, plainError } from './code-cell.ts';
import type { Interpreter } from './contract.ts';
import { succeeded } from './magics/contract.ts';

/**
 * The interpreter of a session that can't be had, because its configuration is wrong: each cell that is not empty is
 * answered with what is wrong and what mends it. A kernel that ended instead would leave a person who has no terminal
 * before them, as in JupyterLab, without a word.
 */
export function createRefusingInterpreter(problem: RepliqueError): Interpreter {
  const remedy = `→ ${problem.remedy} Then restart the kernel.`;
  const { ename, evalue, traceback } = plainError('ConfigurationError', problem.message);
  return {
    execute: (request) => {
      const empty = parseCell(request.code).kind === 'empty';
      const error = { ename, evalue, traceback: [...traceback, remedy] };
      return Promise.resolve(empty ? succeeded : failed(request, error, false));
    },
    deliver: () => Promise.resolve(),
    isComplete: () => Promise.resolve({ status: 'unknown' }),
    complete: (_code, cursor) => Promise.resolve({ matches: [], cursorStart: cursor, cursorEnd: cursor }),
    inspect: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
  };
}
