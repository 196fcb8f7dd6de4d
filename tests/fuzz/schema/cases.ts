import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { runCommand } from '../../../server/cli/setup/run-command.ts';
import { schemathesis } from '../../support/python.ts';

/** A request that schemathesis made, and the answer; absent: none came in time. */
export interface Case {
  readonly method: string;
  /** With the query, from the root. */
  readonly path: string;
  readonly body: string;
  readonly answer: { readonly status: number; readonly body: string; readonly seconds: number } | undefined;
}

export interface Plan {
  readonly seed: number;
  /** For each operation and each way of making them; some ways make more. */
  readonly examples: number;
  /** File of the description: OpenAPI, or Swagger 2.0. */
  readonly description: string;
  /** Where the server is, without its base path. */
  readonly origin: string;
  readonly token: string;
  /** Parameters with a value of their own, whatever is made up for the others. */
  readonly fixed: Readonly<Record<string, string>>;
  /** Methods that are left out. */
  readonly without: readonly string[];
  /** Until an answer counts as missing. */
  readonly patienceSeconds: number;
}

const encoded = z.object({ $base64: z.string() }).nullish();
const interaction = z.object({
  request: z.object({ method: z.string(), uri: z.string(), body: encoded }),
  response: z.object({ status_code: z.int(), content: encoded, elapsed: z.number() }).nullish(),
});
/** A line of its report; of those that tell of requests, these. */
const line = z.object({
  ScenarioFinished: z
    .object({
      recorder: z.object({ interactions: z.record(z.string(), interaction).optional() }).optional(),
    })
    .optional(),
});

/**
 * Has schemathesis make requests from a description.
 * @throws Error where it can't use the description, or fails itself
 */
export async function casesOf(plan: Plan): Promise<readonly Case[]> {
  const top = mkdtempSync(join(tmpdir(), 'rst-'));
  try {
    const report = join(top, 'report.ndjson');
    const config = join(top, 'schemathesis.toml');
    writeFileSync(config, configOf(plan));
    const args = [
      '--config-file',
      config,
      'run',
      plan.description,
      ...optionsOf(plan),
      '--report-ndjson-path',
      report,
    ];
    // 1: an answer was a fault, which is read from the report.
    const { status, stdout, stderr } = await runCommand(schemathesis(), args, { cwd: top, tied: true });
    if (status > 1 || !existsSync(report))
      throw new Error(`schemathesis failed (${status}): ${stdout}${stderr}`);
    const cases = casesIn(readFileSync(report, 'utf8'));
    if (cases.length === 0) throw new Error(`schemathesis made no requests: ${stdout}${stderr}`);
    return cases;
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

const configOf = ({ fixed }: Plan): string =>
  [
    '[parameters]',
    ...Object.entries(fixed).map(([name, value]) => `${name} = ${JSON.stringify(value)}`),
    '',
  ].join('\n');

const optionsOf = ({ seed, examples, origin, token, without, patienceSeconds }: Plan): readonly string[] => [
  ...['--url', origin, '--header', `Authorization: token ${token}`, '--seed', String(seed)],
  ...[
    '--max-examples',
    String(examples),
    '--checks',
    'not_a_server_error',
    '--continue-on-failure',
    '--no-shrink',
  ],
  ...[
    '--request-timeout',
    String(patienceSeconds),
    '--generation-database',
    'none',
    '--suppress-health-check',
    'all',
  ],
  ...[
    '--report',
    'ndjson',
    '--warnings',
    'off',
    '--no-color',
    ...without.flatMap((each) => ['--exclude-method', each]),
  ],
];

function casesIn(report: string): readonly Case[] {
  return report
    .split('\n')
    .filter((text) => text !== '')
    .flatMap((text) =>
      Object.values(line.parse(JSON.parse(text)).ScenarioFinished?.recorder?.interactions ?? {}),
    )
    .map(({ request: { method, uri, body }, response }) => ({
      ...{ method, path: uri.replace(/^\w+:\/\/[^/]*/, ''), body: textOf(body) },
      answer: response
        ? { status: response.status_code, body: textOf(response.content), seconds: response.elapsed }
        : undefined,
    }));
}

const textOf = (body: z.infer<typeof encoded>): string =>
  Buffer.from(body?.$base64 ?? '', 'base64').toString('utf8');
