import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What no attack may find. */
export const planted = 'secret-of-the-host';

const obeyed = ['.git/hooks/post-checkout', '.envrc', 'zzz/.vscode/tasks.json'];

/** Whether a file that other programs run or obey holds what an attack wrote. */
export function isTrapped(workspace: string): boolean {
  return obeyed.some((path) => {
    try {
      return readFileSync(join(workspace, path), 'utf8') === 'trap';
    } catch {
      return false;
    }
  });
}

/** Controls but line ends, and what turns text around or shows as nothing. */
const deceiving = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;

/** Whether a listing tells of what is not in the workspace, is too long, or shows as something else than it is. */
export function isDeceived(listing: string): boolean {
  const lines = listing.split('\n');
  const isForged = lines.some((line) => line.startsWith('forged'));
  return (
    listing.includes(planted) ||
    lines.length > 61 ||
    listing.length > 50_000 ||
    isForged ||
    deceiving.test(listing)
  );
}

/** A listing as one would write it who trusts the folder; true where it is deceived, or does not end well in 10 s. */
export async function deceivesCareless(workspace: string): Promise<boolean> {
  const child = spawn('python3', ['-I', '-c', careless], {
    cwd: workspace,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 10_000,
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return code !== 0 || isDeceived(Buffer.concat(chunks).toString('utf8'));
}

const careless = `
import os, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
sys.setrecursionlimit(500)
def look(place):
    for name in os.listdir(place):
        path = place + "/" + name
        if name.startswith("."):
            continue
        if os.path.isdir(path):
            look(path)
        else:
            print(os.fsencode(path).decode("utf-8", "replace"), open(path).readline() if path.endswith(".csv") else "")
look(".")
`;
