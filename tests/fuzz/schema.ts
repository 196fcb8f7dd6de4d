import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labEnvDir } from '../../kernel/paths.ts';
import type { Known } from './http/paths.ts';
import { ServerRun } from './http/run.ts';
import { Random } from './random.ts';
import type { FuzzReport } from './report.ts';
import { casesOf, type Case, type Plan } from './schema/cases.ts';
import { isMeant } from './schema/meant.ts';

/** Until an answer counts as missing. */
const patienceSeconds = 30;
/** A stream of events, which does not end by itself, is read for so long. */
const listenSeconds = 5;
/** As many come of one example for each operation. */
const perExample = 200;
const mostExamples = 25;

/**
 * Makes requests from the descriptions that clients are made from: jupyter_server's `api.yaml` and that of `/api/replique`. Each must
 * be answered in time and without an error of the server, which changes nothing outside of its directory.
 * @param onProgress called from time to time with the number of requests so far
 */
export const fuzzSchema = (
  seed: number,
  count: number,
  onProgress: (messages: number) => void = () => undefined,
): Promise<FuzzReport> =>
  ServerRun.with(async (run) => {
    const places = mkdtempSync(join(tmpdir(), 'rfs-'));
    try {
      const own = join(places, 'replique.yaml');
      writeFileSync(own, await run.target.text('/api/replique/spec.yaml'));
      const rounds = new Rounds(run, { jupyter: jupyterDescription(), own });
      const random = new Random(seed);
      while (run.goesOn(count)) {
        const examples = Math.min(mostExamples, Math.ceil((count - run.messages) / perExample));
        await rounds.play(random.below(2 ** 31), examples);
        onProgress(run.messages);
      }
    } finally {
      rmSync(places, { recursive: true, force: true });
    }
  });

/** The description that jupyter_server is installed with. */
function jupyterDescription(): string {
  const lib = join(labEnvDir(), 'lib');
  const [python = ''] = readdirSync(lib).filter((name) => name.startsWith('python3'));
  return join(lib, python, 'site-packages/jupyter_server/services/api/api.yaml');
}

interface Descriptions {
  readonly jupyter: string;
  readonly own: string;
}

/** The requests to one server. */
class Rounds {
  readonly #run: ServerRun;
  readonly #descriptions: Descriptions;
  readonly #operations = new Set<string>();

  constructor(run: ServerRun, descriptions: Descriptions) {
    this.#run = run;
    this.#descriptions = descriptions;
  }

  /** One run of each description: with what schemathesis makes up, then with what there is in the server. */
  async play(seed: number, examples: number): Promise<void> {
    const { world, target } = this.#run;
    const { jupyter, own } = this.#descriptions;
    const common = { examples, patienceSeconds, origin: `http://127.0.0.1:${target.port}` };
    const plan = { ...common, seed, token: target.token, fixed: {}, without: [] };
    const there = async (): Promise<Plan['fixed']> => {
      world.renew();
      return namesOf(await target.tidy('replique'));
    };
    await there();
    await this.#play({ ...plan, description: jupyter });
    await this.#play({ ...plan, description: jupyter, fixed: await there(), without: ['DELETE'] });
    await this.#play({ ...plan, description: own });
    const { id } = await target.session('n.ipynb');
    await this.#play({ ...plan, description: own, fixed: { id }, patienceSeconds: listenSeconds });
  }

  async #play(plan: Plan): Promise<void> {
    const run = this.#run;
    const where = `seed ${plan.seed}, ${plan.examples} examples`;
    for (const each of await casesOf(plan)) {
      run.messages += 1;
      this.#operations.add(`${each.method} ${each.path}`);
      run.count(each.answer === undefined ? 'silent' : `${Math.floor(each.answer.status / 100)}xx`);
      const fault = this.#faultOf(each);
      if (fault !== undefined) run.fault(where, `${fault}: ${shown(each)}`);
    }
    run.conversations = this.#operations.size;
    run.lookAround(where);
  }

  #faultOf(each: Case): string | undefined {
    const { answer } = each;
    if (answer === undefined) return 'not answered';
    const leak = this.#run.leakIn(answer.body);
    if (leak !== undefined) return leak;
    return isMeant(each) ? undefined : this.#run.answered(`${answer.status}: ${answer.body.slice(0, 2000)}`);
  }
}

/** Values of the parameters of jupyter_server's description that name something. */
const namesOf = ({ live, sessions, terminals }: Known): Plan['fixed'] => ({
  kernel_id: live[0] ?? '',
  ...(sessions[0] !== undefined && { session: sessions[0] }),
  terminal_id: terminals[0] ?? '',
  checkpoint_id: 'checkpoint',
});

const shown = ({ method, path, body }: Case): string =>
  JSON.stringify(`${method} ${path} ${body.slice(0, 500)}`);
