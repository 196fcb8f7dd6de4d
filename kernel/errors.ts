/**
 * Every coded error a person can meet: a sentence that says what is wrong and the command or step that mends it.
 * A new error is one more row here; the rest of the code throws `repliqueError(code, details)`.
 */

interface Wording {
  readonly sentence: string;
  readonly remedy: string;
}

const catalogue = {
  CONFIG_INVALID: (d: { where: string; problem: string; remedy?: string }): Wording => ({
    sentence: `The configuration in ${d.where} can't be used: ${d.problem}`,
    remedy: d.remedy ?? `Correct ${d.where}, or remove it.`,
  }),
  HOME_UNKNOWN: (d: { home: string | undefined }): Wording => ({
    sentence: `Your home directory is not known: HOME is ${d.home === undefined ? 'not set' : JSON.stringify(d.home)}, and the system has none for this user.`,
    remedy: 'Set HOME to the absolute path of a directory of yours.',
  }),
  SANDBOX_UNAVAILABLE: (d: { missing: string; remedy: string }): Wording => ({
    sentence: `No helper code can run, because the sandbox is not available: ${d.missing}`,
    remedy: d.remedy,
  }),
  WORKER_FAILED: (d: { problem: string }): Wording => ({
    sentence: `The Python worker could not be started: ${d.problem}`,
    remedy: 'Run `npx replique doctor` to see what is wrong.',
  }),
  KERNEL_FAILED: (d: { kernel: string; problem: string }): Wording => ({
    sentence: `The kernel ${d.kernel} could not be started: ${d.problem}`,
    remedy: `See whether it runs by itself: \`jupyter console --kernel ${d.kernel}\`.`,
  }),
  AUDIT_UNWRITABLE: (d: { directory: string; problem: string }): Wording => ({
    sentence: `No code can run, because what runs can't be recorded in ${d.directory}: ${d.problem}`,
    remedy:
      'Make room or permission there, or name another directory with REPLIQUE_AUDIT_DIR (with XDG_DATA_HOME also for ' +
      'its key), and restart the kernel. ' +
      'REPLIQUE_AUDIT=off runs code without a record.',
  }),
  AUDIT_UNREADABLE: (d: { problem: string; remedy: string }): Wording => ({
    sentence: d.problem,
    remedy: d.remedy,
  }),
  HOST_INVALID: (d: { host: string }): Wording => ({
    sentence: `${JSON.stringify(d.host)} is not a host that can be allowed.`,
    remedy:
      'Write a name, `example.org`, `example.org:8080` or `*.example.org`, without http:// and path; 256 at most.',
  }),
  SNAPSHOT_FAILED: (d: { problem: string }): Wording => ({
    sentence: `The state of Python's memory could not be kept or brought back: ${d.problem}.`,
    remedy: 'Run the cells that it depends on again.',
  }),
  PYTHON_MISSING: (d: { problem: string }): Wording => ({
    sentence: `No usable Python was found: ${d.problem}`,
    remedy: 'Install Python 3.10 or newer, or set REPLIQUE_PYTHON to one that has IPython.',
  }),
  PYTHON_ENV_MISSING: (d: { directory: string }): Wording => ({
    sentence: `The Python environment for helpers is not there yet, or not whole: ${d.directory}`,
    remedy: 'Run `npx replique setup`, which makes it.',
  }),
  PYTHON_WITHOUT_IPYTHON: (d: { python: string }): Wording => ({
    sentence: `The Python ${d.python} has no IPython.`,
    remedy: `Run \`${d.python} -m pip install ipython\`, or unset REPLIQUE_PYTHON.`,
  }),
  CONNECTION_FILE_INVALID: (d: { file: string; problem: string }): Wording => ({
    sentence: `The connection file ${d.file} can't be used: ${d.problem}`,
    remedy: 'Start the kernel from a Jupyter client, which writes that file.',
  }),
  LISTEN_FAILED: (d: { address: string; problem: string }): Wording => ({
    sentence: `The kernel can't listen on ${d.address}: ${d.problem}`,
    remedy: 'Correct the address in the connection file, or have the Jupyter client write a new one.',
  }),
  PORT_IN_USE: (d: { address: string }): Wording => ({
    sentence: `The address ${d.address} is in use.`,
    remedy: 'Stop the program that uses it, or choose another port.',
  }),
  BUBBLEWRAP_MISSING: (d: { command: string }): Wording => ({
    sentence: 'bubblewrap, which keeps helper code in a sandbox, is not installed.',
    remedy: `Run \`${d.command}\` and start again.`,
  }),
  PYTHON_ENV_FAILED: (d: { directory: string; problem: string }): Wording => ({
    sentence: `The Python environment ${d.directory} could not be made: ${d.problem}`,
    remedy: /No space left|Errno 28/.test(d.problem)
      ? 'Free some space, or set XDG_DATA_HOME to a directory on a larger disk, and start again.'
      : 'Mend that and start again; what was half made is made anew.',
  }),
  SETUP_FAILED: (d: Wording): Wording => d,
  NOTEBOOK_INVALID: (d: { file: string; problem: string; remedy?: string | undefined }): Wording => ({
    sentence: `The notebook ${d.file} can't be used: ${d.problem}`,
    remedy: d.remedy ?? 'Name a notebook in format 4, as Jupyter saves it.',
  }),
  USAGE: (d: { problem: string; remedy: string }): Wording => ({ sentence: d.problem, remedy: d.remedy }),
  TAPE_UNUSABLE: (d: { file: string; problem: string; remedy: string }): Wording => ({
    sentence: `The notebook ${d.file} can't be used as a tape: ${d.problem}.`,
    remedy: d.remedy,
  }),
  TAPE_MISSING: (): Wording => ({
    sentence: 'There is no tape: no client has said which notebook this is.',
    remedy: 'Set REPLIQUE_TAPE to the path of the notebook, or run `npx replique replay NOTEBOOK`.',
  }),
  ENVIRONMENT_UNKNOWN: (d: { notebook: string; lock: string }): Wording => ({
    sentence: `${d.notebook} can't be held against its environment: it records none, and there is no ${d.lock}.`,
    remedy:
      'Run it once without --locked, which records it, or write the present one: `npx replique freeze NOTEBOOK`.',
  }),
  ENVIRONMENT_INVALID: (d: { file: string; problem: string }): Wording => ({
    sentence: `The environment that ${d.file} records can't be used: it ${d.problem}.`,
    remedy:
      'Run the notebook once without --locked, which records it anew, and `npx replique freeze NOTEBOOK`.',
  }),
  ENVIRONMENT_DIFFERS: (d: { notebook: string; differences: string; remedy: string }): Wording => ({
    sentence: `The environment is not the one that ${d.notebook} is locked to: ${d.differences}.`,
    remedy: d.remedy,
  }),
  ENVIRONMENT_NOT_MADE: (d: { notebook: string; problem: string; remedy: string }): Wording => ({
    sentence: `The environment that ${d.notebook} is locked to can't be made here: ${d.problem}`,
    remedy: d.remedy,
  }),
  NOT_WRITABLE: (d: { path: string; problem: string; variable?: string | undefined }): Wording => ({
    sentence: `${d.path} can't be written: ${d.problem}`,
    remedy: `Make room or permission there, or name another place${d.variable ? ` with ${d.variable}` : ''}.`,
  }),
  NOT_REMOVABLE: (d: { path: string; problem: string }): Wording => ({
    sentence: `${d.path} can't be removed: ${d.problem}.`,
    remedy: 'Get permission to change what is there, or have its owner remove it.',
  }),
  WORKING_DIRECTORY_GONE: (): Wording => ({
    sentence: 'The directory that you are in is no longer there.',
    remedy: 'Change to another one: cd ~',
  }),
  KERNEL_DIED: (d: { problem: string }): Wording => ({
    sentence: `The kernel ended unexpectedly: ${d.problem}`,
    remedy: 'Run `npx replique doctor` to see what is wrong.',
  }),
  KERNELSPEC_INVALID: (d: { problem: string; remedy: string }): Wording => ({
    sentence: d.problem,
    remedy: d.remedy,
  }),
  SERVER_REFUSED: (d: Wording): Wording => d,
  LAB_FAILED: (d: { directory: string }): Wording => ({
    sentence: `JupyterLab is not whole in ${d.directory}.`,
    remedy: 'Remove that directory and start again: it is made anew.',
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
