import { beforeEach, describe, expect, it } from 'vitest';
import { CellHistory } from '../../../../kernel/interpreter/references/cells.ts';
import type { CellRequest } from '../../../../kernel/interpreter/contract.ts';
import { referencesIn } from '../../../../kernel/interpreter/references/parse.ts';
import { resolveReferences } from '../../../../kernel/interpreter/references/resolve.ts';
import type { ReferenceSources } from '../../../../kernel/interpreter/references/contract.ts';

let history: CellHistory;
beforeEach(() => {
  history = new CellHistory();
});

const request = (executionCount: number, code = `code ${executionCount}`, storeHistory = true): CellRequest =>
  ({ executionCount, code, storeHistory, emit: () => undefined }) as unknown as CellRequest;

/** A cell that ran, and what it came to. */
function ran(number: number, answer?: string): void {
  const cell = request(number);
  history.begin(cell);
  if (answer !== undefined)
    history
      .telling({ recordUserCode: () => undefined }, cell)
      .recordUserCode('', 'python', `<result>\n${answer}\n</result>`);
}

/** What the reference in that cell stands for. */
function found(reference: string, current: number): string {
  const [parsed] = referencesIn(reference);
  if (parsed?.kind !== 'cell') throw new Error(reference);
  const it = history.find(parsed, current);
  return it === undefined ? 'text' : 'problem' in it ? it.problem : it.text;
}

describe('an earlier cell', () => {
  it('is found by its number, or counted back; an answer among those that were answered', () => {
    ran(1, 'one');
    ran(2);
    ran(3, 'three');
    expect(found('{In[2]}', 4)).toBe('code 2');
    expect(found('{In[-2]}', 4)).toBe('code 2');
    expect(found('{Out[-2]}', 4)).toBe('one');
    expect(found('{_}', 4)).toBe('three');
  });

  it.each([
    ['{Out[2]}', '{Out[2]}: cell 2 ended without an answer.'],
    ['{Out[-5]}', '{Out[-5]}: there is no such cell before this one.'],
    ['{In[3]}', '{In[3]}: this is cell 3; only cells before it can be named.'],
    ['{In[0]}', '{In[0]}: cell 0 is not kept: only the last 200 cells since the kernel started are.'],
  ])('that can’t be given says why: %s', (reference, problem) => {
    ran(1, 'one');
    ran(2);
    expect(found(reference, 3)).toBe(problem);
  });

  it('is kept for 200 cells, and not where it does not count', () => {
    for (let at = 1; at <= 201; at += 1) ran(at);
    history.begin(request(202, 'silent', false));
    expect(found('{In[1]}', 203)).toContain('cell 1 is not kept');
    expect(found('{In[2]}', 203)).toBe('code 2');
    expect(found('{In[202]}', 203)).toContain('not kept');
  });
});

describe('references together', () => {
  const sources = (look: ReferenceSources['look']): ReferenceSources => ({
    ...{ workspace: process.cwd(), look },
    redact: (text) => text,
  });
  const room = { chars: 1000, allChars: 10_000, sees: false };
  const noticeOf = async (prompt: string, look: ReferenceSources['look']): Promise<string> => {
    const around = { sources: sources(look), history, cell: 300 };
    const { events } = await resolveReferences(referencesIn(prompt), room, around);
    return events.map((event) => (event.type === 'notice' ? event.text : event.type)).join('|');
  };
  const values: ReferenceSources['look'] = (paths) =>
    Promise.resolve({
      looks: paths.map(() => ({ status: 'value', what: 'int', text: '1', isPart: false }) as const),
      names: [],
    });
  const names = (count: number): string => Array.from({ length: count }, (_, at) => `{v${at}}`).join(' ');

  it('are not looked at where Python does not answer in time, which is said', async () => {
    const silent = (): Promise<undefined> => Promise.resolve(undefined);
    expect(await noticeOf('{a} and `b`', silent)).toBe(
      'Python did not answer, so this was not looked at: {a}, `b`.',
    );
    expect(await noticeOf(names(7), silent)).toContain('{v0}, {v1}, {v2}, {v3}, {v4}, ….');
  });

  it('are twenty at most: of files beyond them only such as are surely meant count', async () => {
    const said = await noticeOf(`${names(20)} @package.json @ada {In[299]}`, values);
    expect(said).toBe(
      'given|{In[299]}: cell 299 is not kept: only the last 200 cells since the kernel started are. 1 more references were not given: 20 go with a prompt at most.',
    );
  });

  it('that fail alike are named, five at most', async () => {
    const cells = Array.from({ length: 8 }, (_, at) => `{In[${at + 1}]}`).join(' ');
    const said = await noticeOf(cells, values);
    expect(said.match(/is not kept/g)).toHaveLength(5);
    expect(said).toContain('{In[8]}');
    expect(said).toContain('(And 3 more like these.)');
  });
});
