import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyed, plain, seal } from '../../../kernel/audit/chain.ts';
import { AuditPlace } from '../../support/audits.ts';

/** Every way to manipulate a real chain of several files, tried at random places, is found. */

const seed = Number(process.env['REPLIQUE_TEST_SEED'] ?? Date.now() % 2 ** 31);
const runs = 8;
let place: AuditPlace;
let original: ReadonlyMap<string, Buffer>;

beforeEach(() => {
  place = new AuditPlace();
  place.write('aaaa', runs, { partBytes: 2000 });
  original = new Map(place.files().map((file) => [file, readFileSync(join(place.directory, file))]));
});
afterEach(() => place.remove());

const parts = (): readonly string[] => [...original.keys()].filter((file) => file.endsWith('.jsonl'));
const headFile = (): string => [...original.keys()].find((file) => file.endsWith('head.json'))!;

/** All lines of the session, over its parts. */
const allLines = (): string[] => parts().flatMap((file) => linesOf(original.get(file)!));
const linesOf = (bytes: Buffer): string[] => bytes.toString('utf8').split('\n').slice(0, -1);

function restore(): void {
  rmSync(place.directory, { recursive: true });
  mkdirSync(place.directory);
  for (const [file, bytes] of original) writeFileSync(join(place.directory, file), bytes);
}

/** Writes the lines back with the line counts that the parts had; what is more goes to the last. */
function spread(lines: readonly string[]): void {
  let at = 0;
  for (const [index, file] of parts().entries()) {
    const size = linesOf(original.get(file)!).length;
    const own = index === parts().length - 1 ? lines.slice(at) : lines.slice(at, at + size);
    at += size;
    writeFileSync(join(place.directory, file), own.map((line) => `${line}\n`).join(''));
  }
}

/** Seals lines anew from `from` on, as somebody without the key would. */
function resealed(lines: readonly string[], from: number): string[] {
  let previous = from === 0 ? '0'.repeat(64) : (JSON.parse(lines[from - 1]!) as Event).__hash__;
  return lines.map((line, index) => {
    if (index < from) return line;
    const next: Partial<Event> = {
      ...(JSON.parse(line) as Event),
      __sequence__: index + 1,
      __previous__: previous,
    };
    delete next.__hash__;
    const { text, digest } = seal(next, '__hash__', plain);
    previous = digest;
    return text;
  });
}
interface Event {
  __hash__: string;
  [key: string]: unknown;
}

type Edit = (random: number, other: number) => void;
const pick = (random: number, size: number): number => Math.min(size - 1, Math.floor(random * size));

const edits: Readonly<Record<string, Edit>> = {
  'a byte is changed': (random, other) => {
    const file = parts()[pick(random, parts().length)]!;
    const bytes = Buffer.from(original.get(file)!);
    const at = pick(other, bytes.length);
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(join(place.directory, file), bytes);
  },
  'a byte of the head is changed': (random) => {
    const bytes = Buffer.from(original.get(headFile())!);
    const at = pick(random, bytes.length);
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(join(place.directory, headFile()), bytes);
  },
  'lines are removed': (random, other) => {
    const lines = allLines();
    const at = pick(random, lines.length);
    spread(lines.toSpliced(at, 1 + pick(other, lines.length - at)));
  },
  'a line is repeated': (random, other) => {
    const lines = allLines();
    spread(lines.toSpliced(pick(other, lines.length + 1), 0, lines[pick(random, lines.length)]!));
  },
  'two lines change places': (random, other) => {
    const lines = allLines();
    const first = pick(random, lines.length);
    const second = (first + 1 + pick(other, lines.length - 1)) % lines.length;
    spread(lines.with(first, lines[second]!).with(second, lines[first]!));
  },
  'the end is cut off': (random) => {
    const file = parts().at(-1)!;
    const bytes = original.get(file)!;
    writeFileSync(join(place.directory, file), bytes.subarray(0, pick(random, bytes.length)));
  },
  'a file is removed': (random) => rmSync(join(place.directory, parts()[pick(random, parts().length)]!)),
  'the head is removed': () => rmSync(join(place.directory, headFile())),
  'two files change places': (random, other) => {
    const first = pick(random, parts().length);
    const second = (first + 1 + pick(other, parts().length - 1)) % parts().length;
    for (const [to, from] of [
      [first, second],
      [second, first],
    ] as const) {
      writeFileSync(join(place.directory, parts()[to]!), original.get(parts()[from]!)!);
    }
  },
  'an event is changed and the chain made anew': (random) => {
    const lines = allLines();
    const at = pick(random, lines.length);
    const changed = { ...(JSON.parse(lines[at]!) as Event), user: 'eve' };
    spread(resealed(lines.with(at, JSON.stringify(changed)), at));
  },
  'an event is left out and the chain made anew': (random) => {
    const lines = allLines();
    const at = pick(random, lines.length);
    spread(resealed(lines.toSpliced(at, 1), at));
  },
  'an event is added and the chain made anew': (random, other) => {
    const lines = allLines();
    const at = pick(random, lines.length + 1);
    const from = Math.min(at, lines.length - 1);
    spread(resealed(lines.toSpliced(at, 0, lines[pick(other, lines.length)]!), from));
  },
  'the chain is made anew, with a head of another key': (random) => {
    const lines = resealed(allLines().slice(0, 1 + pick(random, allLines().length - 1)), 0);
    spread(lines);
    const head = JSON.parse(original.get(headFile())!.toString()) as Record<string, unknown>;
    delete head['mac'];
    const hash = (JSON.parse(lines.at(-1)!) as Event).__hash__;
    const forged = seal({ ...head, events: lines.length, hash }, 'mac', keyed(Buffer.alloc(32, 7)));
    writeFileSync(join(place.directory, headFile()), `${forged.text}\n`);
  },
  'bytes are added': (random) => {
    const file = join(place.directory, parts().at(-1)!);
    writeFileSync(file, 'x'.repeat(1 + pick(random, 100_000)), { flag: 'a' });
  },
  'a file is added': () => {
    const name = parts()
      .at(-1)!
      .replace(/\.\d+\.jsonl$/, `.${parts().length + 1}.jsonl`);
    writeFileSync(
      join(place.directory, name),
      `${resealed([...allLines(), allLines()[1]!], allLines().length).at(-1)!}\n`,
    );
  },
  'the session takes another’s place in time': () => {
    for (const file of original.keys()) {
      const moved = `1999${file.slice(4)}`;
      renameSync(join(place.directory, file), join(place.directory, moved));
    }
  },
};

describe(`a record of several files (seed ${seed})`, () => {
  it('is intact as it was written', () => {
    expect(parts().length).toBeGreaterThan(3);
    expect(place.verify()).toMatchObject([
      { status: 'intact', events: 2 * runs + 2, files: parts().length, ended: true },
    ]);
  });

  it.each(Object.keys(edits))('is broken when %s', (name) => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (random, other) => {
          restore();
          edits[name]!(random, other);
          const unchanged = [...original].every(([file, bytes]) => {
            try {
              return readFileSync(join(place.directory, file)).equals(bytes);
            } catch {
              return false;
            }
          });
          fc.pre(!unchanged || place.files().length !== original.size);
          const verdicts = place.verify();
          expect(verdicts.map(({ status }) => status)).toEqual(['broken']);
          expect(verdicts[0]!.problem).toMatch(/\.$/);
        },
      ),
      { seed, numRuns: 40 },
    );
  });
});
