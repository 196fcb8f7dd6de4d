import type { Task } from '../task.ts';
import { busiestMonth } from './busiest-month.ts';
import { changeSetting } from './change-setting.ts';
import { correlation } from './correlation.ts';
import { csvToJson } from './csv-to-json.ts';
import { decimalCommas } from './decimal-commas.ts';
import { equations } from './equations.ts';
import { followUp } from './follow-up.ts';
import { joinTables } from './join-tables.ts';
import { logErrors } from './log-errors.ts';
import { logSizes } from './log-sizes.ts';
import { markdownTable } from './markdown-table.ts';
import { mendScript } from './mend-script.ts';
import { missingValues } from './missing-values.ts';
import { mixedUnits } from './mixed-units.ts';
import { nestedJson } from './nested-json.ts';
import { outlier } from './outlier.ts';
import { primes } from './primes.ts';
import { saveChart } from './save-chart.ts';
import { uniqueLines } from './unique-lines.ts';
import { wordInFiles } from './word-in-files.ts';

/** All tasks, in the order of their names. */
export const tasks: readonly Task[] = [
  busiestMonth,
  changeSetting,
  correlation,
  csvToJson,
  decimalCommas,
  equations,
  followUp,
  joinTables,
  logErrors,
  logSizes,
  markdownTable,
  mendScript,
  missingValues,
  mixedUnits,
  nestedJson,
  outlier,
  primes,
  saveChart,
  uniqueLines,
  wordInFiles,
];
