import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { absentCalls, inspectedCalls, numberOf, refusedCalls } from '../../kernel/sandbox/seccomp-table.ts';
import type { Limits } from '../../kernel/sandbox/contract.ts';
import { parts, type Part } from './weaker-sandbox.ts';

/** One attack of the corpus: a file of tests/security/attacks/, whose first lines say what it is. */
export interface AttackFile {
  readonly layer: string;
  readonly name: string;
  readonly aim: string;
  readonly limits: Partial<Limits>;
  /** What its control drops of our sandbox; nothing: it is run in the outer sandbox. */
  readonly without: readonly Part[];
  readonly body: string;
  /** Absent for one that stands in for the worker. */
  readonly session?: SessionAttack;
}

/** One that a whole session worker runs. */
export interface SessionAttack {
  /** Where it shows whether it succeeded. */
  readonly seen: (typeof aspects)[number];
  readonly code: string;
  /** What a later session on the same workspace runs; empty for most. */
  readonly later: string;
}

const directory = join('tests', 'security', 'attacks');
const aspects = ['result', 'interrupt', 'end', 'later', 'listing', 'protected'] as const;
const kind = z.enum(['session']).optional();
const seen = z.enum(aspects);
const needs = z.enum(['x64', 'arm64', 'root']).optional();
const without = z.array(z.enum(parts));
const limits = z.strictObject({
  memoryBytes: z.int().optional(),
  processes: z.int().optional(),
  openFiles: z.int().optional(),
  fileBytes: z.int().optional(),
  cpuSeconds: z.int().optional(),
});

/**
 * The attacks of all layers but the last, which has files and a runner of its own. Those for other processors, or for
 * root where this is not root, are left out.
 * @throws Error for a header that is not one
 */
export function attackFiles(): readonly AttackFile[] {
  const layers = readdirSync(directory).filter((name) => /^[1-6]-/.test(name));
  return layers.flatMap((layer) =>
    readdirSync(join(directory, layer)).flatMap((file) => {
      const text = readFileSync(join(directory, layer, file), 'utf8');
      const header = (key: string): string | undefined => new RegExp(`^# ${key}: (.*)$`, 'm').exec(text)?.[1];
      const aim = header('attack');
      if (aim === undefined) throw new Error(`${layer}/${file} does not say what it is`);
      if (!isHere(needs.parse(header('needs')?.replace(/, for .*/, '')))) return [];
      return {
        ...{ layer, aim, name: file.replace('.py', ''), body: text },
        limits: limits.parse(JSON.parse(header('limits') ?? '{}')) as Partial<Limits>,
        without: without.parse(header('without')?.split(', ') ?? []),
        ...(kind.parse(header('kind')) && { session: sessionAttack(text, header('seen')) }),
      };
    }),
  );
}

/** All of them, or as many as REPLIQUE_TEST_SAMPLE says, chosen by REPLIQUE_TEST_SEED. */
export function attacksToTry(): readonly AttackFile[] {
  const all = attackFiles();
  const size = Number(process.env['REPLIQUE_TEST_SAMPLE'] ?? all.length);
  if (!(size < all.length)) return all;
  const seed = process.env['REPLIQUE_TEST_SEED'] ?? '';
  const rank = ({ layer, name }: AttackFile): string =>
    createHash('sha256').update(`${seed} ${layer}/${name}`).digest('hex');
  return all.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, size);
}

/** Whether this machine and user are what an attack is for. */
function isHere(need: z.infer<typeof needs>): boolean {
  return need === 'root' ? process.getuid?.() === 0 : need === undefined || need === process.arch;
}

function sessionAttack(text: string, aspect: string | undefined): SessionAttack {
  const [code, later] = text.split('# later\n') as [string, string?];
  return { seen: seen.parse(aspect ?? 'result'), code, later: later ?? '' };
}

const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
const numbers = Object.fromEntries(
  Object.entries({ ...refusedCalls, ...absentCalls, ...inspectedCalls }).map(([name, each]) => [
    name,
    numberOf(each, architecture),
  ]),
);

/** What attack files may use beside Playground's own names: `nr(name)`, and `reaches(name, …)`: the kernel looked at the call. */
export const attackPrelude = `
libc.syscall.restype = ctypes.c_long
_numbers = json.loads('${JSON.stringify(numbers)}')
def nr(name): return ctypes.c_long(_numbers[name])
def reaches(name, *arguments):
    ctypes.set_errno(0)
    given = [ctypes.c_char_p(a) if isinstance(a, bytes) else ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return libc.syscall(nr(name), *given) >= 0 or ctypes.get_errno() not in (1, 38)
`;
