import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Dialer } from '../../kernel/egress/dial.ts';
import { createEgress, type Egress, type EgressOptions } from '../../kernel/egress/egress.ts';
import type { ConnectionReport } from '../../kernel/egress/proxy.ts';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import type { Limits } from '../../kernel/sandbox/contract.ts';
import { run, Workers } from '../support/workers.ts';

const publicAddress = '93.184.216.34';
const workers = new Workers();
const servers: Server[] = [];
let port = 0;

const wheelName = 'tiny-1.0-py3-none-any.whl';
const wheelMaker = `
import io, sys, zipfile
data = io.BytesIO()
with zipfile.ZipFile(data, "w") as file:
    file.writestr("tiny.py", "size = 'small'")
    file.writestr("os.py", "raise SystemExit('a package stood for a module of Python')")
    file.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
    file.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    file.writestr("tiny-1.0.dist-info/RECORD", "tiny.py,,\\nos.py,,\\n")
sys.stdout.buffer.write(data.getvalue())`;
const wheel = execFileSync('python3', ['-c', wheelMaker]);

/** Stands in for names and routes of the Internet: every public address is the test's own server. */
const redirectingDialer: Dialer = {
  resolve: (host) => Promise.resolve([host === 'private.test' ? '10.0.0.1' : publicAddress]),
  connect: () => Promise.resolve(connect({ host: '127.0.0.1', port, allowHalfOpen: true })),
};

beforeAll(async () => {
  const server = createServer((request, response) => {
    if (request.url === '/away') response.writeHead(302, { location: 'http://private.test/' }).end();
    else if (request.url === '/simple/tiny/')
      response
        .setHeader('content-type', 'text/html')
        .end(`<a href="/packages/${wheelName}">${wheelName}</a>`);
    else if (request.url === `/packages/${wheelName}`) response.end(wheel);
    else if (request.url === '/big') response.end(Buffer.alloc(3_000_000, 'x'));
    else {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => response.end(`${request.method} ${request.headers.host} ${body}`));
    }
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterAll(async () => {
  await workers.close();
  for (const server of servers) server.close();
});

function session(
  options: Partial<EgressOptions> = {},
  limits: Partial<Limits> = {},
): {
  egress: Egress;
  reports: ConnectionReport[];
  worker: SessionWorker;
  fetch: (code: string) => ReturnType<typeof run>;
} {
  const reports: ConnectionReport[] = [];
  const egress = createEgress({
    allow: [],
    onConnection: (report) => reports.push(report),
    dialer: redirectingDialer,
    ...options,
  });
  const { worker } = workers.create({ isolation: 'bubblewrap', network: egress, limits });
  return {
    egress,
    reports,
    worker,
    fetch: (code) => run(worker, `import urllib.request, urllib.error\n${code}`),
  };
}

const get = (url: string): string => `
try:
    print(urllib.request.urlopen(${JSON.stringify(url)}, timeout=20).read().decode())
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
except OSError as error:
    print("no:", error)
`;

describe('the network of a sandbox', () => {
  it('is closed until a host is allowed, then open to it without a restart, then closed again', async () => {
    const { egress, reports, fetch } = session();
    const closed = await fetch(
      `kept = 1\nimport os; print("HTTP_PROXY" in os.environ)\n${get('http://page.test/')}`,
    );
    expect(closed.stdout).toMatch(/^False\nno:/);
    egress.allow('page.test');
    const open = await fetch(`print(kept)\n${get('http://page.test/')}`);
    expect(open.stdout).toBe('1\nGET page.test \n');
    // What a connection came to is told when it has ended.
    await expect
      .poll(() => reports)
      .toMatchObject([{ host: 'page.test', port: 80, address: publicAddress, decision: 'allow' }]);
    expect(reports[0]?.bytesIn).toBeGreaterThan(10);
    egress.remove('page.test');
    expect((await fetch(get('http://page.test/'))).stdout).toMatch(/^no:/);
  });

  it('answers a host that is not allowed with 403 and what allows it', async () => {
    const { reports, fetch } = session({ allow: ['page.test'] });
    const { stdout } = await fetch(get('http://other.test/'));
    expect(stdout).toContain('403');
    expect(stdout).toContain('%allow other.test');
    expect((await fetch(get('https://other.test/'))).stdout).toContain('%allow other.test');
    await expect.poll(() => reports.map(({ decision }) => decision)).toEqual(['deny', 'deny']);
  });

  it('refuses a redirect to a private address, though the name is allowed', async () => {
    const { reports, fetch } = session({ allow: ['page.test', 'private.test'] });
    expect((await fetch(get('http://page.test/away'))).stdout).toMatch(/^403 .*private/s);
    await expect.poll(() => reports.map(({ decision }) => decision)).toEqual(['allow', 'deny']);
  });

  it('carries what is sent, from bash and through a tunnel too', async () => {
    const { fetch } = session({ allow: ['page.test:8080', 'page.test'] });
    const body = await fetch('print(urllib.request.urlopen("http://page.test/", b"x" * 500000).read()[-5:])');
    expect(body.stdout).toBe("b'xxxxx'\n");
    const tunnel = await fetch(`
import http.client
c = http.client.HTTPConnection("127.0.0.1", 3128); c.set_tunnel("page.test", 8080)
c.request("GET", "/in"); print(c.getresponse().read())`);
    expect(tunnel.stdout).toBe("b'GET page.test:8080 '\n");
  });

  it('cuts a download over the limit and says so', async () => {
    const { reports, fetch } = session({ allow: ['page.test'], limits: { hostBytes: 1_000_000 } });
    const { stdout, notice } = await fetch(
      'try: print(len(urllib.request.urlopen("http://page.test/big").read()))\nexcept Exception as error: print("cut")',
    );
    expect(stdout).toBe('cut\n');
    expect(notice).toContain('more than 1000000 bytes');
    await expect.poll(() => reports[0]?.reason).toContain('1000000');
    expect((await fetch(get('http://page.test/'))).stdout).toMatch(/^429/);
  });

  it('carries many connections and much data at a time', async () => {
    const { fetch } = session({ allow: ['page.test'] });
    const { stdout } = await fetch(`
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    print(sum(pool.map(lambda _: len(urllib.request.urlopen("http://page.test/big").read()), range(16))))`);
    expect(stdout).toBe('48000000\n');
  });

  it('asks where a person can be asked', async () => {
    const { fetch } = session({ ask: (host) => Promise.resolve(host === 'yes.test') });
    expect((await fetch(get('http://yes.test/'))).stdout).toContain('GET yes.test');
    expect((await fetch(get('http://no.test/'))).stdout).toMatch(/^403/);
  });

  it('ends with its forwarder, which is said once, and the session goes on', async () => {
    const { fetch } = session({ allow: ['page.test'] });
    const { stdout } = await fetch(`
import os, signal
def parent(pid):
    return int(open(f"/proc/{pid}/stat").read().split()[3])
newest = max(pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if pid != 1 and parent(pid) == 1)
os.kill(newest, signal.SIGKILL)
print("here")`);
    expect(stdout).toContain('here');
    await vi.waitFor(async () => {
      const next = await fetch(get('http://page.test/'));
      expect(next.stdout).toMatch(/^no:/);
      expect(next.notice).toContain('its forwarder was ended. Restart the kernel');
    }, 10_000);
    expect((await fetch('1')).notice).toBeUndefined();
  });

  it('outlives a helper that is ended at a limit', async () => {
    const { worker, fetch } = session({ allow: ['page.test'] }, { newFiles: 20 });
    expect((await fetch(`kept = 7\n${get('http://page.test/')}`)).stdout).toContain('GET page.test');
    await worker.snapshot();
    const over = await fetch(`
import time
for number in range(100): open(f"file{number}", "w").close()
time.sleep(60)`);
    expect(over.status).toBe('limit');
    expect((await fetch(`print(kept)\n${get('http://page.test/')}`)).stdout).toBe('7\nGET page.test \n');
  });

  it('leaves the sandbox’s end to its worker', async () => {
    const { fetch } = session({ allow: ['page.test'] });
    expect((await fetch('import os; os._exit(3)')).status).toBe('died');
    expect((await fetch(get('http://page.test/'))).stdout).toContain('GET page.test');
  });

  it('opens no other socket than TCP', async () => {
    const { fetch } = session({ allow: ['page.test'] });
    const { stdout } = await fetch(`
import socket
for kind in ((1, 1), (2, 2), (10, 1), (16, 3), (40, 1), (2, 1, 132), (2, 1, 262)):
    try: socket.socket(*kind); print(kind)
    except PermissionError: pass`);
    expect(stdout).toBe('');
  });
});

describe('pip', () => {
  const install = `
import os, subprocess, sys
os.environ.update(PIP_INDEX_URL="http://index.test/simple", PIP_TRUSTED_HOST="index.test", PIP_RETRIES="0")
done = subprocess.run([sys.executable, "-m", "pip", "install", "-q", "tiny"], capture_output=True, text=True)
print(done.returncode, done.stderr[-500:])`;

  it('installs through the proxy into a folder of the session, which is last on the path', async () => {
    const { worker, reports } = session({ allow: ['index.test'] });
    expect((await run(worker, install, { timeoutMs: 60_000 })).stdout).toMatch(/^0 /);
    const used = await run(
      worker,
      'import tiny, os, sys; print(tiny.size, sys.path[-1], os.path.dirname(tiny.__file__))',
    );
    expect(used.stdout).toBe('small /tmp/.packages /tmp/.packages\n');
    const snapshot = await worker.snapshot();
    await worker.resume(snapshot);
    expect((await run(worker, 'import tiny; print(tiny.size)')).stdout).toBe('small\n');
    await expect
      .poll(() => reports.map(({ host, decision }) => [host, decision]))
      .toContainEqual(['index.test', 'allow']);
  });

  it('reaches nothing where the index is not allowed', async () => {
    const { worker } = session({ allow: ['other.test'] });
    expect((await run(worker, install, { timeoutMs: 60_000 })).stdout).toMatch(
      /^1 [^]*Could not find a version/,
    );
  });
});
