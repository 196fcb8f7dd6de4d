import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Prints the corpus as a table: for each layer how many attacks there are, how many succeeded without it, as they must,
 * and how many were held with it; then those that were not. One test is one attack and tries both.
 */
export default class SecurityTable implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const layers = new Map<string, { attacks: number; held: number }>();
    const open: string[] = [];
    const asUser: string[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const layer = layerOf(test);
        if (/ordinary-user/.test(module.moduleId)) asUser.push(stateOf(test));
        if (layer === undefined) continue;
        const row = layers.get(layer) ?? { attacks: 0, held: 0 };
        const isHeld = test.result().state === 'passed';
        layers.set(layer, { attacks: row.attacks + 1, held: row.held + (isHeld ? 1 : 0) });
        if (!isHeld) open.push(`${layer}  ${test.name}: ${stateOf(test)}`);
      }
    }
    const rows = [...layers].sort(([a], [b]) => (a < b ? -1 : 1));
    console.log('\nlayer           attacks   succeed without it, held with it');
    for (const [layer, { attacks, held }] of rows) {
      console.log(`${layer.padEnd(14)}  ${String(attacks).padStart(7)}   ${held}`);
    }
    const total = rows.reduce((sum, [, { attacks }]) => sum + attacks, 0);
    console.log(`${'all'.padEnd(14)}  ${String(total).padStart(7)}   ${total - open.length}`);
    for (const state of asUser) console.log(`by an ordinary user, but for what takes root to show: ${state}`);
    for (const line of open) console.log(`NOT HELD  ${line}`);
  }
}

function stateOf(test: TestCase): string {
  const { state, errors } = test.result();
  return state === 'passed' ? 'held' : (errors?.[0]?.message ?? 'not run');
}

function layerOf(test: TestCase): string | undefined {
  if (/output-(attacks|frame)/.test(test.module.moduleId)) return '7-output';
  return /layer (\d-\w+)/.exec(test.fullName)?.[1];
}
