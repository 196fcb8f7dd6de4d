import type { Capability } from './contract.ts';

/** Modules and functions by what they are for; a name stands for all that lies below it. */
const names: Readonly<Record<Exclude<Capability, 'write-outside'>, readonly string[]>> = {
  network: [
    ...['socket', 'socketserver', 'ssl', 'http.client', 'http.server', 'urllib.request', 'urllib.urlopen'],
    ...['urllib3', 'requests', 'httpx', 'aiohttp', 'websocket', 'websockets', 'pycurl', 'paramiko', 'fabric'],
    ...['ftplib', 'smtplib', 'poplib', 'imaplib', 'nntplib', 'telnetlib', 'xmlrpc', 'webbrowser'],
    ...['asyncio.open_connection', 'asyncio.start_server', 'asyncio.open_unix_connection'],
    ...[
      'boto3',
      'botocore',
      's3fs',
      'gcsfs',
      'google.cloud',
      'azure.storage',
      'pymongo',
      'redis',
      'psycopg2',
    ],
    ...['psycopg', 'pymysql', 'mysql.connector', 'scapy', 'dns.resolver', 'grpc', 'huggingface_hub'],
  ],
  install: ['pip', 'ensurepip', 'conda', 'micropip', 'piplite'],
  subprocess: [
    ...['subprocess', 'pty', 'multiprocessing', 'concurrent.futures.ProcessPoolExecutor', 'sh', 'pexpect'],
    ...[
      'os.system',
      'os.popen',
      'os.fork',
      'os.forkpty',
      'os.posix_spawn',
      'os.posix_spawnp',
      'os.startfile',
    ],
    ...[
      'os.execl',
      'os.execle',
      'os.execlp',
      'os.execlpe',
      'os.execv',
      'os.execve',
      'os.execvp',
      'os.execvpe',
    ],
    ...['os.spawnl', 'os.spawnle', 'os.spawnlp', 'os.spawnlpe', 'os.spawnv', 'os.spawnve', 'os.spawnvp'],
    ...['asyncio.create_subprocess_exec', 'asyncio.create_subprocess_shell', 'get_ipython.system'],
    ...['get_ipython.getoutput', 'posix.system', 'posix.fork', 'commands'],
  ],
  native: [
    'ctypes',
    '_ctypes',
    'cffi',
    '_cffi_backend',
    'cppyy',
    'llvmlite',
    'imp.load_dynamic',
    'mmap.PROT_EXEC',
  ],
  introspection: [
    ...['replique_worker', 'sys._getframe', 'sys._current_frames', 'sys.settrace', 'sys.setprofile'],
    ...['sys._current_exceptions', 'threading.settrace', 'threading.setprofile', 'sys.addaudithook'],
    ...['gc.get_objects', 'gc.get_referrers', 'gc.get_referents', 'inspect.currentframe', 'inspect.stack'],
    ...[
      'inspect.getouterframes',
      'inspect.trace',
      'os.register_at_fork',
      'os.dup2',
      'os.closerange',
      'os.fdopen',
    ],
    ...['pdb', 'bdb', 'faulthandler', 'signal.set_wakeup_fd', 'get_ipython.run_cell', 'get_ipython.kernel'],
  ],
};

const byName = new Map<string, Capability>(
  Object.entries(names).flatMap(([capability, list]) => list.map((name) => [name, capability as Capability])),
);

/** What a dotted name asks for: the longest part of it that is known decides. */
export function capabilityOf(name: string): Capability | undefined {
  for (let part = name; part !== ''; part = part.slice(0, Math.max(0, part.lastIndexOf('.')))) {
    const found = byName.get(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Functions that write where their first or second argument says, if that is a path that stands in the code. */
export const writers = new Set([
  ...[
    'os.remove',
    'os.unlink',
    'os.rename',
    'os.replace',
    'os.rmdir',
    'os.mkdir',
    'os.makedirs',
    'os.removedirs',
  ],
  ...['os.symlink', 'os.link', 'os.chmod', 'os.chown', 'os.truncate', 'os.utime', 'os.renames'],
  ...['shutil.rmtree', 'shutil.move', 'shutil.copy', 'shutil.copy2', 'shutil.copyfile', 'shutil.copytree'],
]);

/** Methods of a `Path(…)` that write. */
export const pathWriters = new Set([
  ...['write_text', 'write_bytes', 'unlink', 'rmdir', 'mkdir', 'touch', 'rename', 'replace', 'symlink_to'],
  ...['hardlink_to', 'chmod'],
]);

/** Attributes that lead from any object to the interpreter's inside. */
export const innerAttributes =
  /^__(subclasses|globals|builtins|code|closure|bases|mro|base|loader|getattribute|reduce_ex)__$|^(f_back|f_globals|f_locals|f_builtins|tb_frame|gi_frame|cr_frame|ag_frame)$/;

/** Files that show or change the worker's inside. */
export const innerFiles = /^\/proc\/(self|thread-self|\d+)(\/|$)|^\/dev\/fd\/|^\/replique(\/|$)|^\/init\.py$/;
