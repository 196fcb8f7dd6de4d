/**
 * Every coded error a person can meet: a sentence that says what is wrong and the command or step that mends it.
 * A new error is one more row here; the rest of the code throws `repliqueError(code, details)`.
 */

interface Wording {
  readonly sentence: string;
  readonly remedy: string;
}

const catalogue = {
  CONFIG_INVALID: (d: { where: string; problem: string }): Wording => ({
    sentence: `The configuration in ${d.where} can't be used: ${d.problem}`,
    remedy: `Correct or remove it: ${d.where}`,
  }),
  SANDBOX_UNAVAILABLE: (d: { missing: string; remedy: string }): Wording => ({
    sentence: `No helper code can run, because the sandbox is not available: ${d.missing}`,
    remedy: d.remedy,
  }),
  WORKER_FAILED: (d: { problem: string }): Wording => ({
    sentence: `The Python worker could not be started: ${d.problem}`,
    remedy: 'Run `npx replique doctor` to see what is wrong.',
  }),
  PYTHON_MISSING: (d: { problem: string }): Wording => ({
    sentence: `No usable Python was found: ${d.problem}`,
    remedy: 'Install Python 3.10 or newer, or set REPLIQUE_PYTHON to one that has IPython.',
  }),
  PYTHON_WITHOUT_IPYTHON: (d: { python: string }): Wording => ({
    sentence: `The Python ${d.python} has no IPython.`,
    remedy: `Run \`${d.python} -m pip install ipython\`, or unset REPLIQUE_PYTHON.`,
  }),
  CONNECTION_FILE_INVALID: (d: { file: string; problem: string }): Wording => ({
    sentence: `The connection file ${d.file} can't be used: ${d.problem}`,
    remedy: 'Start the kernel from a Jupyter client, which writes that file.',
  }),
  PORT_IN_USE: (d: { address: string }): Wording => ({
    sentence: `The address ${d.address} is in use.`,
    remedy: 'Stop the program that uses it, or choose another port.',
  }),
} as const;

export type ErrorCode = keyof typeof catalogue;

/** An error with a code, a sentence and a remedy. `message` is the sentence alone. */
export class RepliqueError extends Error {
  override readonly name = 'RepliqueError';
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(code: ErrorCode, wording: Wording, options?: ErrorOptions) {
    super(wording.sentence, options);
    this.code = code;
    this.remedy = wording.remedy;
  }
}

/** Makes the error of the given code; `details` fill in its sentence. */
export function repliqueError<C extends ErrorCode>(
  code: C,
  details: Parameters<(typeof catalogue)[C]>[0],
  options?: ErrorOptions,
): RepliqueError {
  const wording = (catalogue[code] as (d: typeof details) => Wording)(details);
  return new RepliqueError(code, wording, options);
}

/** What a terminal shows for any thrown value: sentence and remedy; the stack only with `REPLIQUE_DEBUG`. */
export function describeError(error: unknown, debug = Boolean(process.env['REPLIQUE_DEBUG'])): string {
  if (!(error instanceof Error)) return String(error);
  const remedy = error instanceof RepliqueError ? `\n  → ${error.remedy}` : '';
  const stack = debug && error.stack ? `\n${error.stack}` : '';
  return `${error.message}${remedy}${stack}`;
}
