import { showInvisibleInCode } from '../../../kernel/output/firewall/invisible.ts';
import { stripTerminal } from '../../../kernel/output/firewall/terminal.ts';

/** What pieces of a script may need at its top, in this order. */
const supports = {
  bash: `import subprocess


def _bash(code):
    """Runs bash, one process for each piece of code, as the session did."""
    sys.stdout.flush()
    return subprocess.run(["bash", "-c", code], check=False).returncode`,
  awaiting: `import ast
import asyncio
import inspect


def _awaiting(code):
    """Runs code that awaits outside functions, as IPython does."""
    done = eval(compile(code, "<awaiting>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), globals())
    if inspect.iscoroutine(done):
        asyncio.run(done)`,
  failing: `import traceback


def _failing(code):
    """Runs code that failed in the session, too: what it did before the failure counts."""
    try:
        exec(compile(code, "<failed in the session>", "exec"), globals())
    except (Exception, SystemExit):
        sys.stdout.flush()
        traceback.print_exc()`,
  display: `try:
    from IPython.display import display
except ImportError:
    display = print`,
  answers: `Out = {}
_ = ""`,
} as const;

/** What a piece needs: a support, or a statement that must stand first in a file. */
export type Need = keyof typeof supports | `from __future__ import ${string}`;

/** The top of the script that needs these. */
export function scriptHeader(name: string, needs: ReadonlySet<Need>): string {
  const order = Object.keys(supports) as (keyof typeof supports)[];
  const parts = order.filter((one) => needs.has(one)).map((one) => supports[one]);
  return [
    '#!/usr/bin/env python3',
    ...comment(
      `The code of the notebook ${name}: your own and that of the model's helpers, in the order in which it ran.`,
    ),
    '# Written by `replique export --to py`. It runs outside the sandbox, as any script of yours: read it first.',
    ...[...needs].filter((need) => need.startsWith('from __future__')),
    ...(parts.length > 0 ? ['import sys', parts.join('\n\n\n')] : []),
  ].join('\n');
}

/** Lines of a comment; no character of a text can end it. */
export const comment = (text: string): string[] =>
  showInvisibleInCode(stripTerminal(text))
    .split(/[\n\u000b\u000c\u0085\u2028\u2029]/)
    .map((line) => `# ${line}`.trimEnd());
