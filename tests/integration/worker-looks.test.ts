import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Look } from '../../kernel/sandbox/contract.ts';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { run, Workers } from '../support/workers.ts';

/** What a prompt points at, as Python has it. */

const workers = new Workers();
let worker: SessionWorker;
beforeAll(async () => {
  ({ worker } = workers.create());
  await worker.ready();
});
afterAll(() => workers.close());

async function look(path: string, room = 2000, from = worker): Promise<Look> {
  return (await from.look([path.split('.')], room))!.looks[0]!;
}
const textOf = async (path: string, room?: number): Promise<string> => {
  const found = await look(path, room);
  return found.status === 'value' ? `${found.what} | ${found.text}` : found.status;
};

describe('a look at a variable', () => {
  it('shows tables: size, columns with their types, first rows', async () => {
    await run(
      worker,
      `import numpy as np, pandas as pd
df = pd.DataFrame({"date": pd.to_datetime(["2026-01-01"] * 62), "region": ["East", None] * 31, "amount": range(62), "share": [0.5] * 62})
wide = pd.DataFrame(np.zeros((2, 80)))
s = df.groupby("region")["amount"].sum()`,
    );
    const text = await textOf('df');
    expect(text).toMatch(
      /^DataFrame 62×4 \| 62 rows, 4 columns \(date: datetime64\[\w+\], region: \w+, amount: int64, share: float64\)/,
    );
    expect(text).toContain('only the first 5 of 62 rows are here:');
    expect(text).toMatch(/^ *date +region +amount +share$/m);
    expect(text).toMatch(/^0 +.*2026-01-01.* +East +0 +0\.5$/m);
    expect(text.split('\n')).toHaveLength(8);
    expect(await textOf('wide')).toContain('… and 50 more columns');
    expect(await textOf('s')).toMatch(/^Series of 1 \| name amount, dtype int64\nall:\nEast +930$/);
    expect(await textOf('df.amount')).toMatch(/^Series of 62 \|[^]*first 10 of 62 are here:/);
    expect(await textOf('df.shape')).toBe('tuple of 2 | (62, 4)');
    expect((await textOf('df', 100)).length).toBeLessThan(130);
  });

  it('shows plain values, arrays, functions and objects', async () => {
    await run(
      worker,
      `import datetime, decimal, pathlib, collections
n, big, x, words = 7, 1 << 9000, 0.25, "a" * 5000
ages = {"Ana": 7, "Ben": [1, (2, 3), {"deep": [[[1]]]}]}
many = list(range(100000)); one = (1,); none = None
when = datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)
where, price = pathlib.Path("a/b"), decimal.Decimal("1.10")
counted = collections.Counter("abca")
grid, scalar = np.arange(6).reshape(2, 3), np.float64(2.5)
def double(x):
    # twice
    return 2 * x
class Point:
    origin = 0
    def __init__(self): self.x, self.name = 3, "p"
    def norm(self): return 1
p = Point()`,
    );
    expect(await textOf('n')).toBe('int | 7');
    expect(await textOf('big')).toBe('int | <int of 9001 bits>');
    expect(await textOf('x')).toBe('float | 0.25');
    expect(await textOf('words', 50)).toBe(`str of 5000 characters | '${'a'.repeat(49)}`);
    expect(await textOf('ages')).toBe("dict of 2 | {'Ana': 7, 'Ben': [1, (2, 3), {'deep': [… 1 items]}]}");
    expect(await textOf('many')).toMatch(/^list of 100000 \| \[0, 1, .*19, … 99980 more\]$/);
    expect(await textOf('one')).toBe('tuple of 1 | (1,)');
    expect(await textOf('none')).toBe('NoneType | None');
    expect(await textOf('when')).toContain(
      'datetime.datetime(2026, 1, 2, 0, 0, tzinfo=datetime.timezone.utc)',
    );
    expect(await textOf('where')).toContain("'a/b'");
    expect(await textOf('price')).toContain("Decimal('1.10')");
    expect(await textOf('counted')).toBe("Counter of 3 | Counter{'a': 2, 'b': 1, 'c': 1}");
    expect(await textOf('grid')).toBe('ndarray 2×3 | shape (2, 3), dtype int64\n0, 1, 2\n3, 4, 5');
    expect(await textOf('scalar')).toBe('float64 | 2.5');
    expect(await textOf('double')).toBe('function | def double(x):\n    # twice\n    return 2 * x');
    expect(await textOf('Point')).toBe('class | class Point(object) with origin, norm');
    expect(await textOf('p')).toBe("Point | with the attributes\nx = 3\nname = 'p'");
    expect(await textOf('p.x')).toBe('int | 3');
  });

  it('tells words of other meaning from names that there are not', async () => {
    for (const word of [
      'print',
      'for',
      'numpy',
      'np',
      'np.mean',
      'region',
      'df.groupby',
      'p.norm',
      'readings.txt',
    ]) {
      expect((await look(word)).status, word).toBe('word');
    }
    expect(await worker.look([['dff']], 100)).toMatchObject({ looks: [{ status: 'unknown', names: [] }] });
    expect((await worker.look([['dff']], 100))!.names).toEqual(
      expect.arrayContaining(['df', 'wide', 'double']),
    );
    expect((await worker.look([['dff']], 100))!.names).not.toContain('np');
    expect(await look('df.amout')).toEqual({
      status: 'unknown',
      names: ['date', 'region', 'amount', 'share'],
    });
    expect(await look('p.y')).toEqual({ status: 'unknown', names: ['x', 'name'] });
  });

  it('runs nothing of what helpers wrote', async () => {
    const made = await run(
      worker,
      `ran = []
class Meta(type):
    @property
    def __name__(cls): ran.append("name"); return "x"
    def __instancecheck__(cls, other): ran.append("instance")
class Odd(metaclass=Meta):
    def __getattribute__(self, name): ran.append(name); return object.__getattribute__(self, name)
    def __repr__(self): ran.append("repr"); return "odd"
    __str__ = __len__ = __iter__ = __hash__ = __eq__ = __bool__ = __format__ = __repr__
    @property
    def __class__(self): ran.append("class"); return int
    @property
    def __dict__(self): ran.append("dict"); return {}
    @property
    def size(self): ran.append("size")
odd = Odd()
class Zone(datetime.tzinfo):
    def utcoffset(self, when): ran.append("zone"); return datetime.timedelta(0)
    def __repr__(self): ran.append("zone repr"); return "z"
class Words(str):
    def __getitem__(self, at): ran.append("getitem"); return "w"
    __repr__ = __len__ = __getitem__
class Rows(list):
    def __iter__(self): ran.append("iter"); return iter(())
    def __len__(self): ran.append("len"); return 0
class DataFrame:
    __module__ = "pandas"
    @property
    def shape(self): ran.append("shape")
held = [odd, {"k": odd}, (odd,)]; zoned = datetime.datetime(2026, 1, 1, tzinfo=Zone())
words2, rows2, forged = Words("abc"), Rows([1, 2]), DataFrame()
framed = pd.DataFrame({"o": [odd, odd], "z": [zoned, zoned]}); framed["w"] = ["a", words2]
framed2 = pd.DataFrame([[1]]); framed2.columns = pd.Index([odd], dtype=object)
objects = np.array([odd, odd], dtype=object); cut = slice(odd)
structured = np.array([(1, odd)], dtype=[("a", int), ("b", object)])
ran.clear()`,
    );
    expect(made.error).toBeUndefined();
    const names =
      'odd odd.size odd.__class__ held zoned words2 rows2 forged forged.shape framed framed.o framed2 objects cut structured Odd';
    expect(await textOf('ran')).toBe('list of 0 | []');
    for (const name of names.split(' ')) await look(name);
    expect(await textOf('ran')).toBe('list of 0 | []');
    expect(await textOf('held')).toBe("list of 3 | [<Odd>, {'k': <Odd>}, (<Odd>,)]");
    expect(await textOf('framed')).toMatch(/<Odd> +<DatetimeTZDtype> +a$/m);
    expect(await textOf('rows2')).toBe('Rows of 2 | Rows[1, 2]');
  });

  it('is bounded in number, size and time', async () => {
    await run(worker, 'for i in range(150): globals()[f"v{i}"] = "x" * 10 ** 6');
    const paths = Array.from({ length: 150 }, (_, i) => [`v${i}`]);
    const found = (await worker.look(paths, 1_000_000))!;
    expect(found.looks).toHaveLength(100);
    expect(found.looks.filter(({ status }) => status === 'value')).toHaveLength(20);
    expect(found.looks.at(-1)).toEqual({ status: 'more' });
    expect(found.names.length).toBeLessThanOrEqual(300);
    expect(JSON.stringify(found).length).toBeLessThan(450_000);
  });

  it.each([
    ['too long', '[{"status": "value", "what": "x", "text": "x" * 30_000}]'],
    ['too many', '[{"status": "word"}] * 5'],
    ['of another kind', '[{"status": "file", "path": "/etc/passwd"}]'],
    ['names that are none', '[{"status": "unknown", "names": ["<script>"]}]'],
  ])('is nothing where the answer is %s', async (_, looks) => {
    const { worker: hostile } = workers.create();
    await run(
      hostile,
      `import sys\nsys.modules["replique_worker.session"].looks = lambda *_: {"looks": ${looks}, "names": []}`,
    );
    expect(await hostile.look([['df']], 100)).toBeUndefined();
    expect((await run(hostile, 'print(1)')).stdout).toBe('1\n');
  });

  it('ends in time where the answer never comes, and the session goes on', async () => {
    const { worker: hostile } = workers.create();
    await run(
      hostile,
      'import sys, itertools\nsys.modules["replique_worker.session"].looks = lambda *_: sum(itertools.repeat(0))',
    );
    expect(await hostile.look([['df']], 100)).toBeUndefined();
    expect((await run(hostile, 'print(1)')).stdout).toBe('1\n');
  }, 60_000);

  it('is nothing where no process runs', async () => {
    const nothing = { looks: [{ status: 'unknown', names: [] }], names: [] };
    expect(await workers.create().worker.look([['df']], 100)).toEqual(nothing);
  });
});
