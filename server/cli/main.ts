#!/usr/bin/env node
import { runCli } from './cli.ts';

// Whoever read the output has left (`| head`): what the command does still gets done.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

await runCli(process.argv);
