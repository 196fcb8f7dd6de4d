import type { Reporter, TestModule } from 'vitest/node';

/** Prints `N passed, N failed` from the runner's own report as the very last line, after that of the coverage. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed' || state === 'pending') failed += 1;
      }
    }
    process.once('exit', () => console.log(`\n${passed} passed, ${failed} failed`));
  }
}
