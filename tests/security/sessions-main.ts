import { reportSessions } from './sessions.ts';

const [count = '1000', seed = String(Date.now() % 2 ** 31)] = process.argv.slice(2);
process.exitCode = await reportSessions('dist/kernel.js', Number(count), Number(seed));
