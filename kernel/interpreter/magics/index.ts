import { allow } from './allow.ts';
import { bash } from './bash.ts';
import { budget } from './budget.ts';
import { check } from './check.ts';
import { context } from './context.ts';
import { continueCell } from './continue.ts';
import type { Magic } from './contract.ts';
import { cost } from './cost.ts';
import { help } from './help.ts';
import { model } from './model.ts';
import { python } from './python.ts';
import { resume } from './resume.ts';
import { sandbox } from './sandbox.ts';

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
];
