import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labEnvDir } from '../../kernel/paths.ts';
import type { Known } from './http/paths.ts';
import { HttpTarget } from './http/target.ts';
import { FuzzWorld } from './http/world.ts';
import { Random } from './random.ts';
import type { FuzzReport } from './report.ts';
import { casesOf, type Case, type Plan } from './schema/cases.ts';
import { isMeant } from './schema/meant.ts';

const mostFaults = 20;
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
export async function fuzzSchema(
  seed: number,
  count: number,
  onProgress: (messages: number) => void = () => undefined,
): Promise<FuzzReport> {
  const world = new FuzzWorld();
  const target = await HttpTarget.start(world);
  const places = mkdtempSync(join(tmpdir(), 'rfs-'));
  const random = new Random(seed);
  const run = new SchemaRun(world, target);
  try {
    const own = join(places, 'replique.yaml');
    writeFileSync(own, await target.text('/api/replique/spec.yaml'));
    while (run.messages < count && run.faults.length < mostFaults && target.fault() === undefined) {
      const left = count - run.messages;
      const examples = Math.min(mostExamples, Math.ceil(left / perExample));
      await run.round({ jupyter: jupyterDescription(), own }, random.below(2 ** 31), examples);
      onProgress(run.messages);
    }
  } finally {
    run.faults.push(...(await target.close()));
    world.remove();
    rmSync(places, { recursive: true, force: true });
  }
  return run.report();
}

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
class SchemaRun {
  readonly faults: string[] = [];
  messages = 0;
  readonly #world: FuzzWorld;
  readonly #target: HttpTarget;
  readonly #ends: Record<string, number> = {};
  readonly #operations = new Set<string>();

  constructor(world: FuzzWorld, target: HttpTarget) {
    this.#world = world;
    this.#target = target;
  }

  /** One run of each description: with what schemathesis makes up, then with what there is in the server. */
  async round({ jupyter, own }: Descriptions, seed: number, examples: number): Promise<void> {
    const common = { examples, patienceSeconds, origin: `http://127.0.0.1:${this.#target.port}` };
    const plan = { ...common, seed, token: this.#target.token, fixed: {}, without: [] };
    const there = async (): Promise<Plan['fixed']> => {
      this.#world.renew();
      return namesOf(await this.#target.tidy('replique'));
    };
    await there();
    await this.#play({ ...plan, description: jupyter });
    await this.#play({ ...plan, description: jupyter, fixed: await there(), without: ['DELETE'] });
    await this.#play({ ...plan, description: own });
    const { id } = await this.#target.session('n.ipynb');
    await this.#play({ ...plan, description: own, fixed: { id }, patienceSeconds: listenSeconds });
  }

  report(): FuzzReport {
    const { messages, faults } = this;
    return { messages, conversations: this.#operations.size, ends: this.#ends, faults };
  }

  async #play(plan: Plan): Promise<void> {
    const where = `seed ${plan.seed}, ${plan.examples} examples`;
    const cases = await casesOf(plan);
    for (const each of cases) {
      this.messages += 1;
      this.#operations.add(`${each.method} ${each.path}`);
      const end = each.answer === undefined ? 'silent' : `${Math.floor(each.answer.status / 100)}xx`;
      this.#ends[end] = (this.#ends[end] ?? 0) + 1;
      const fault = this.#faultOf(each);
      if (fault !== undefined) this.#fault(where, `${fault}: ${shown(each)}`);
    }
    for (const fault of this.#world.faults()) this.#fault(where, fault);
    const ended = this.#target.fault();
    if (ended !== undefined) this.#fault(where, ended);
  }

  #faultOf(each: Case): string | undefined {
    const { answer } = each;
    if (answer === undefined) return 'not answered';
    if (answer.body.includes(this.#world.secret))
      return 'the answer holds what lies outside of the served directory';
    if (isMeant(each)) return undefined;
    return `answered ${answer.status}: ${answer.body.slice(0, 2000)}; log: ${this.#target.logged().slice(-1500)}`;
  }

  #fault(where: string, what: string): void {
    this.faults.push(`${where}: ${what}`);
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
