import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionWorker } from '../../kernel/sandbox/session-worker.ts';
import { run, Workers } from '../support/workers.ts';

const workers = new Workers();
let worker: SessionWorker;

/** Every way in which looking at a value may run code of its class, each of which leaves a word in `ran`. */
const trapped = `import numpy as np, pandas as pd
ran = []
armed = False
def note(word):
    if armed: ran.append(word)
class Meta(type):
    @property
    def __module__(cls): note("metaclass module"); return "x"
    @property
    def __mro__(cls): note("metaclass mro"); return ()
    def __instancecheck__(cls, other): note("instancecheck"); return True
    def __subclasscheck__(cls, other): note("subclasscheck"); return True
class Trap(metaclass=Meta):
    "What it is."
    plain = 3
    def __init__(self): object.__setattr__(self, "own", 5)
    def __getattribute__(self, name): note(name); return object.__getattribute__(self, name)
    def __getattr__(self, name): note("getattr"); raise AttributeError(name)
    def __dir__(self): note("dir"); return []
    def __repr__(self): note("repr"); return "x"
    def __str__(self): note("str"); return "x"
    def __len__(self): note("len"); return 1
    def __iter__(self): note("iter"); return iter(())
    def __eq__(self, other): note("eq"); return True
    def __hash__(self): note("hash"); return 1
    @property
    def __class__(self): note("class"); return str
    @property
    def made(self): note("property"); return 1
    def method(self, a, b=2, *rest, c, d="x", e=[], **more): "Does it."
class Slotted:
    __slots__ = ("filled", "empty")
    @property
    def __dict__(self): note("dict property"); return {}
class Text(str):
    def __repr__(self): note("text repr"); return "x"
    def startswith(self, *_): note("text startswith"); return True
class Names(dict):
    def __iter__(self): note("names iter"); return iter(("x",))
    def __getitem__(self, key): note("names get"); return 1
    def items(self): note("names items"); return [("x", 1)]
class Plain: pass
trap, slotted, sly = Trap(), Slotted(), Plain()
sly.__dict__ = Names(x=1)
slotted.filled = 1
table = pd.DataFrame({"what": [trap, Text("t")], "n": [1.5, 2.0]})
column, array = table["what"], np.array([trap, 1], dtype=object)
several = [1, trap, {"a": (trap, [["deep"]])}]
globals()[Text("odd name")] = 1
huge = 10 ** 5000
armed = True`;

beforeAll(async () => {
  ({ worker } = workers.create());
  expect((await run(worker, trapped)).error).toBeUndefined();
}, 60_000);
afterAll(() => workers.close());

describe('looking at values', () => {
  it('finds names below them and runs none of their code', async () => {
    const names = async (path: string[], prefix = ''): Promise<unknown[]> =>
      (await worker.names(path, prefix)).map(({ name, kind }) => `${name}: ${kind}`);
    expect(await names(['trap'])).toEqual(['own: int', 'plain: int', 'made: property', 'method: function']);
    expect(await names(['slotted'])).toEqual(['empty: property', 'filled: int']);
    expect(await names(['sly'])).toEqual([]);
    expect(await names(['Trap'])).toEqual(['plain: int', 'made: property', 'method: function']);
    expect(await names(['table'], 'w')).toEqual(['what: column', 'where: function']);
    expect(await names([], 'tra')).toEqual(['trap: Trap']);
    expect(await names(['trap', 'made'])).toEqual([]);
    expect(await names(['missing'])).toEqual([]);
    expect((await run(worker, 'print(ran)')).stdout).toBe('[]\n');
  });

  it('tells what they are and how they begin, and runs none of their code', async () => {
    const lines = async (path: string): Promise<readonly string[] | undefined> =>
      (await worker.glance(path.split('.')))?.split('\n').filter((line) => line !== '');
    expect(await lines('trap')).toEqual(['trap: Trap', 'with the attributes', 'own = 5']);
    expect(await lines('sly')).toEqual(['sly: Plain']);
    expect(await lines('trap.made')).toEqual(['trap.made: a property of Trap']);
    expect(await lines('trap.own')).toEqual(['trap.own: int', '5']);
    expect(await lines('trap.method')).toEqual([
      "trap.method: function (self, a, b=2, *rest, c, d='x', e=…, **more)",
      'Does it.',
    ]);
    expect(await lines('Trap')).toEqual(['Trap: class Trap', 'What it is.']);
    expect(await lines('slotted.filled')).toEqual(['slotted.filled: int', '1']);
    expect((await lines('table'))!.slice(3)).toEqual(['     what    n', '0  <Trap>  1.5', '1       t  2.0']);
    expect((await lines('column'))!.slice(3)).toEqual(['0  <Trap>', '1       t']);
    expect(await lines('array')).toEqual(['array: ndarray 2', 'shape (2,), dtype object', '<Trap>, 1']);
    expect(await lines('several')).toEqual([
      'several: list of 3',
      "[1, <Trap>, {'a': (<Trap>, [… 1 items])}]",
    ]);
    expect(await lines('huge')).toEqual(['huge: int', '<int of 16610 bits>']);
    expect(await lines('missing')).toBeUndefined();
    expect((await worker.variables()).map(({ name }) => name)).toContain('trap');
    expect((await run(worker, 'print(ran)')).stdout).toBe('[]\n');
  });
});
