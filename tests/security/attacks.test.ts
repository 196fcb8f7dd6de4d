import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { descendants, Playground, processStatus as status } from '../support/sandboxes.ts';

/**
 * Attacks by code that has taken over the worker. Each is run twice: without the sandbox, where it must work, or it
 * would show nothing, and inside, where it must not.
 */

const isRoot = process.getuid?.() === 0;
let ground: Playground;

beforeEach(() => {
  ground = new Playground();
});

afterEach(() => ground.close());

/** Runs an attack without and with the sandbox; `result` is true where it worked. */
async function expectHeld(body: string, argument?: unknown): Promise<void> {
  expect(await ground.run(body, 'none', { argument }), 'without the sandbox').toBe(true);
  expect(await ground.run(body, 'bubblewrap', { argument }), 'in the sandbox').toBe(false);
}

describe('network', () => {
  it('a listener of the host can’t be reached', async () => {
    const server = createServer((socket) => socket.end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      await expectHeld(
        `import socket; result = works(lambda: socket.create_connection(("127.0.0.1", argument), 5).close())`,
        port,
      );
    } finally {
      server.close();
    }
  });

  it('a socket in the workspace can’t be reached', async () => {
    const path = join(ground.workspace, 'service.sock');
    const server = createServer((socket) => socket.end());
    await once(server.listen(path), 'listening');
    try {
      await expectHeld(
        `import socket; result = works(lambda: socket.socket(socket.AF_UNIX).connect("service.sock"))`,
      );
    } finally {
      server.close();
    }
  });

  it.each(['AF_INET', 'AF_INET6', 'AF_NETLINK', 'AF_UNIX'])('no socket of %s can be made', async (family) => {
    await expectHeld(
      `import socket; result = works(lambda: socket.socket(socket.${family}, socket.SOCK_DGRAM).close())`,
    );
  });

  it('nor one to the hypervisor, or a raw one', async () => {
    const body = `import socket
result = [works(lambda: socket.socket(*kind).close()) for kind in ((40, 1), (17, 3), (2, 3, 1), (38, 5))]`;
    expect(await ground.run(body, 'bubblewrap')).toEqual([false, false, false, false]);
  });

  it('there is only the loopback device', async () => {
    const body = `result = [line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]]`;
    expect(await ground.run(body, 'bubblewrap')).toEqual(['lo']);
  });
});

describe('files of the host', () => {
  it('outside the workspace are not there', async () => {
    const secret = join(ground.outside, 'secret.txt');
    writeFileSync(secret, 'secret');
    await expectHeld(`result = works(lambda: open(argument).read())`, secret);
  });

  it('nor are those of the home folder', async () => {
    const folder = mkdtempSync(join(homedir(), '.replique-test-'));
    try {
      writeFileSync(join(folder, 'key'), 'secret');
      await expectHeld(`result = works(lambda: open(argument).read())`, join(folder, 'key'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each(['/etc/hosts', '/etc/passwd', ...(isRoot ? ['/etc/shadow'] : [])])('nor is %s', async (path) => {
    await expectHeld(
      `result = works(lambda: open(argument).close()) and os.stat(argument).st_uid == 0 and "user:x:1000" not in open(argument).read()`,
      path,
    );
  });

  it('nor are the folders of the system’s services', async () => {
    const argument = ['/var', '/run', '/sys', '/boot', '/mnt', '/srv', '/opt', '/media'];
    const body = `result = [path for path in argument if os.path.exists(path)]`;
    expect(await ground.run(body, 'none', { argument })).toContain('/var');
    expect(await ground.run(body, 'bubblewrap', { argument })).toEqual([]);
  });

  it('can’t be reached over a link in the workspace', async () => {
    writeFileSync(join(ground.outside, 'secret.txt'), 'secret');
    await expectHeld(
      `if not os.path.islink("link"): os.symlink(argument, "link")
result = works(lambda: open("link/secret.txt").read())`,
      ground.outside,
    );
  });

  it('can’t be written', async () => {
    await expectHeld(
      `def write(): open(os.path.join(argument, "left-behind"), "w").close()
result = works(write)`,
      ground.outside,
    );
    const body = `places = ["/", "/usr", "/usr/bin", "/etc", "/dev", "/replique", "/home", sys.prefix, sys.base_prefix, os.path.dirname(os.__file__), "/proc/sys/kernel"]
def write(place): os.close(os.open(os.path.join(place, "left-behind"), os.O_CREAT | os.O_WRONLY))
result = [place for place in places if works(lambda: write(place))]`;
    expect(await ground.run(body, 'bubblewrap')).toEqual([]);
  });

  it('nor can the first process, the worker’s files or Python be changed', async () => {
    const body = `paths = ["/init.py", "/etc/passwd", __file__, os.__file__, os.path.realpath(sys.executable)]
result = [path for path in paths if works(lambda: os.close(os.open(path, os.O_WRONLY)))]`;
    expect(await ground.run(body, 'bubblewrap')).toEqual([]);
    await expectHeld(`result = os.access(__file__, os.W_OK)`);
  });
});

describe('other processes', () => {
  it('of the host can’t be seen, nor their environment', async () => {
    const other = spawn('sleep', ['60'], { env: { SECRET: 'replique-test-secret', PATH: '/usr/bin:/bin' } });
    try {
      await expectHeld(`
def has(pid):
    try:
        return b"replique-test-secret" in open("/proc/%s/environ" % pid, "rb").read()
    except OSError:
        return False
result = any(has(pid) for pid in os.listdir("/proc") if pid.isdigit())`);
      await expectHeld(`result = works(lambda: os.kill(argument, 0))`, other.pid);
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('the first process shows nothing and can’t be changed', async () => {
    const body = `names = ["environ", "mem", "maps", "fd/3", "root/", "cwd/", "exe"]
result = [name for name in names if works(lambda: open("/proc/%d/%s" % (argument or os.getpid(), name), "rb").close() if name[-1] != "/" else os.listdir("/proc/%d/%s" % (argument or os.getpid(), name)))]`;
    expect(await ground.run(body, 'none')).toContain('environ');
    expect(await ground.run(body, 'bubblewrap', { argument: 1 })).toEqual([]);
  });

  it('the first process survives every signal from inside', async () => {
    const body = `import signal, time
for number in range(1, 65):
    works(lambda: os.kill(1, number))
time.sleep(0.2)
result = os.path.exists("/proc/1/stat") and child(lambda: True)`;
    expect(await ground.run(body, 'bubblewrap')).toBe(true);
  });

  it('the control channel and the set-up’s descriptors are closed', async () => {
    const body = `names = sorted(int(name) for name in os.listdir("/proc/self/fd"))
result = [fd for fd in names if works(lambda: os.fstat(fd))]  # without the listing's own`;
    expect(await ground.run(body, 'bubblewrap')).toEqual([0, 1, 2, 4]);
    const inherited = await ground.run(
      `fd = os.open("/", os.O_RDONLY); os.set_inheritable(fd, True)
import subprocess
result = str(fd) in subprocess.run([sys.executable, "-I", "-c", "import os; print(os.listdir('/proc/self/fd'))"], close_fds=False, capture_output=True, text=True).stdout`,
      'none',
    );
    expect(inherited, 'an open descriptor would be seen').toBe(true);
  });

  it('can’t be traced', async () => {
    await expectHeld(`
import time
pid = os.fork()
if pid == 0:
    time.sleep(30)
    os._exit(0)
libc.ptrace.argtypes = [ctypes.c_long] * 4
result = libc.ptrace(0x4206, pid, 0, 0) == 0  # PTRACE_SEIZE
os.kill(pid, 9)`);
  });

  it('can’t be read with process_vm_readv', async () => {
    await expectHeld(`
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
source, target = ctypes.create_string_buffer(b"secret"), ctypes.create_string_buffer(6)
here, there = Vector(ctypes.addressof(target), 6), Vector(ctypes.addressof(source), 6)
result = libc.process_vm_readv(os.getpid(), ctypes.byref(here), 1, ctypes.byref(there), 1, 0) == 6`);
  });
});

describe('privileges', () => {
  it('no user namespace can be made', async () => {
    await expectHeld(`result = child(lambda: libc.unshare(0x10000000) == 0)`);
  });

  it('nor with clone', async () => {
    const number = process.arch === 'x64' ? 56 : 220;
    await expectHeld(
      `
def namespace():
    pid = libc.syscall(ctypes.c_long(argument), ctypes.c_ulong(0x10000000 | 17), 0, 0, 0, 0)
    if pid == 0: os._exit(0)
    return pid > 0
result = child(namespace)`,
      number,
    );
  });

  it('nothing can be mounted', async () => {
    await expectHeld(`
def mount():
    libc.unshare(0x10020000)
    libc.mount(None, b"/", None, 0x44000, None)
    return libc.mount(b"tmpfs", os.getcwd().encode(), b"tmpfs", 0, None) == 0
result = child(mount)`);
  });

  it('no set-uid file can be left in the workspace', async () => {
    await expectHeld(`
open("tool", "w").close()
result = works(lambda: os.chmod("tool", 0o4755))`);
    await expectHeld(`
os.umask(0)
result = works(lambda: os.close(os.open("other-" + str(os.getpid()), os.O_CREAT | os.O_WRONLY, 0o4755)))
result = result or any(os.stat(name).st_mode & 0o6000 for name in os.listdir(".") if name == "other-" + str(os.getpid()))`);
  });

  it('set-uid programs of the system gain nothing', async () => {
    const body = `import subprocess
status = subprocess.run(["/bin/cat", "/proc/self/status"], capture_output=True, text=True).stdout
result = {line.split(":")[0]: " ".join(line.split()[1:]) for line in status.splitlines()}`;
    const status = (await ground.run(body, 'bubblewrap')) as Record<string, string>;
    expect(status).toMatchObject({ NoNewPrivs: '1', Seccomp: '2', Uid: '1000 1000 1000 1000' });
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(status[set]).toMatch(/^0+$/);
  });

  it('no process of it belongs to root on the host', async () => {
    const launched = await ground.launch(
      `import os, time\nos.fork()\nopen("/proc/self/status")\ntime.sleep(60)`,
      'bubblewrap',
    );
    const users = descendants(process.pid).map((pid) => /^Uid:\s+(.*)$/m.exec(status(pid))?.[1]?.split('\t'));
    const expected = isRoot ? '65528' : String(process.getuid?.());
    expect(users.length).toBeGreaterThanOrEqual(3);
    expect(new Set(users.flat())).toEqual(new Set([expected]));
    launched.kill();
  });

  it('settings of the kernel can’t be opened for writing', async () => {
    const body = `names = ["kernel/core_pattern", "kernel/modprobe", "vm/drop_caches", "fs/suid_dumpable"]
result = any(works(lambda: os.close(os.open("/proc/sys/" + name, os.O_WRONLY))) for name in names)
result = result or works(lambda: os.close(os.open("/proc/sysrq-trigger", os.O_WRONLY)))`;
    if (isRoot) await expectHeld(body);
    else expect(await ground.run(body, 'bubblewrap')).toBe(false);
  });

  it('what /proc tells of the host is hidden', async () => {
    await expectHeld(
      `result = works(lambda: open("/proc/cmdline").read()) and open("/proc/cmdline").read() != ""`,
    );
    const body = `result = [name for name in ("kallsyms", "modules", "timer_list", "keys", "kcore")
  if works(lambda: open("/proc/" + name, "rb").read(1)) and open("/proc/" + name, "rb").read(1)]`;
    expect(await ground.run(body, 'bubblewrap')).toEqual([]);
  });

  it('the keyring can’t be used', async () => {
    const number = process.arch === 'x64' ? 250 : 219;
    await expectHeld(
      `result = libc.syscall(ctypes.c_long(argument), ctypes.c_long(0), ctypes.c_long(-3), ctypes.c_long(1)) >= 0`,
      number,
    );
  });
});
