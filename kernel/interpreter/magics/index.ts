import { allow } from './allow.ts';
import { bash } from './bash.ts';
import { branch } from './branch.ts';
import { branches } from './branches.ts';
import { budget } from './budget.ts';
import { check } from './check.ts';
import { checkout } from './checkout.ts';
import { compare } from './compare.ts';
import { context } from './context.ts';
import { continueCell } from './continue.ts';
import type { Magic } from './contract.ts';
import { cost } from './cost.ts';
import { diff } from './diff.ts';
import { help } from './help.ts';
import { model } from './model.ts';
import { python } from './python.ts';
import { resume } from './resume.ts';
import { rewind } from './rewind.ts';
import { sandbox } from './sandbox.ts';
import { undo } from './undo.ts';
import { tape } from './tape.ts';
import { tryOut } from './try.ts';

/** Every magic, in the order `%help` shows them. */
export const magics: readonly Magic[] = [
  python,
  bash,
  help,
  check,
  allow,
  sandbox,
  model,
  cost,
  budget,
  continueCell,
  context,
  resume,
  rewind,
  undo,
  branches,
  checkout,
  branch,
  diff,
  tryOut,
  compare,
  tape,
];
