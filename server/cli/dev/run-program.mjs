import { spawn } from 'node:child_process';

/**
 * Runs a program in the foreground and settles with its exit status (128 + signal when a signal ended it).
 * Signals sent to this process are passed on, so that Ctrl-C and a service manager's stop reach the program.
 */
export function runProgram(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const pass = (signal) => child.kill(signal);
    const ignore = () => {}; // a terminal sends SIGINT to the whole group: the program has it already
    process.on('SIGINT', ignore);
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, pass);
    const settle = () => {
      process.off('SIGINT', ignore);
      for (const signal of ['SIGTERM', 'SIGHUP']) process.off(signal, pass);
    };
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('exit', (code, signal) => {
      settle();
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}
