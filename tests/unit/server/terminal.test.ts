import { spawn } from '@lydell/node-pty';
import { expect, it } from 'vitest';
import { Terminal } from '../../../server/services/terminals/terminal.ts';

it('a terminal whose file fails ends its shell, and nothing is thrown', async () => {
  const pty = spawn('/bin/sh', [], { name: 'xterm', cols: 80, rows: 24 });
  const ended = new Promise<void>((resolve) => {
    const terminal = new Terminal('1', pty, resolve);
    expect(terminal.model.name).toBe('1');
  });
  // No system call fails so at will: the library's socket says what it says then.
  const { _socket: socket } = pty as unknown as { _socket: NodeJS.EventEmitter };
  socket.emit('error', Object.assign(new Error('read EBADF'), { code: 'EBADF' }));
  await ended;
});
