import { execFileSync } from 'node:child_process';
import { labEnvDir } from '../../kernel/paths.ts';
import { readNotebook, writeNotebook } from '../../server/services/contents/notebook/document.ts';
import { NotebookProblem } from '../../server/services/contents/notebook/structure.ts';

/** Reads and writes each notebook with nbformat itself: what it makes of it, and whether it finds fault with it. */
const judge = `
import json, sys, warnings, logging
import nbformat
warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
answers = []
for text in json.load(sys.stdin):
    fault = {}
    try:
        notebook = nbformat.reads(text, as_version=4, capture_validation_error=fault)
    except Exception as error:
        answers.append({"unreadable": True})
        continue
    try:
        written = nbformat.writes(notebook, version=nbformat.NO_CONVERT)
    except Exception:
        written = None
    answers.append({"notebook": notebook, "fault": "ValidationError" in fault, "written": written})
print(json.dumps(answers))
`;

/** What becomes of a notebook that is read and then written. */
export interface Verdict {
  readonly unreadable?: true;
  readonly notebook?: unknown;
  readonly fault?: boolean;
  readonly written?: string | null;
  /** Our words for what is wrong. */
  readonly problem?: string | undefined;
}

/** What nbformat itself makes of notebooks. */
export function judged(texts: readonly string[]): Verdict[] {
  const output = execFileSync(`${labEnvDir()}/bin/python`, ['-c', judge], {
    input: JSON.stringify(texts),
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(output.toString()) as Verdict[];
}

/** What we make of one. */
export function ours(text: string): Verdict {
  try {
    const { notebook, problem } = readNotebook(Buffer.from(text));
    const kept = structuredClone(notebook);
    return {
      notebook: kept,
      fault: problem !== undefined,
      problem,
      written: Buffer.concat(writeNotebook(notebook).pieces).toString(),
    };
  } catch (error) {
    if (error instanceof NotebookProblem) return { unreadable: true, problem: error.message };
    throw error;
  }
}
