import { Publisher } from 'zeromq';
import { expect, it } from 'vitest';
import { parseConnectionFile } from '../../../../kernel/protocol/connection-file.ts';
import { socketAddress } from '../../../../kernel/protocol/addresses.ts';
import { rawMessage, sealFrames } from '../../../../kernel/protocol/frames.ts';
import { makeMessage } from '../../../../kernel/protocol/header.ts';
import { Signer } from '../../../../kernel/protocol/signer.ts';
import type { KernelListener } from '../../../../server/services/kernels/listener.ts';
import { freePorts } from '../../../../server/services/kernels/ports.ts';
import { safeListener } from '../../../../server/services/kernels/safe-listener.ts';
import { KernelSockets, type Received } from '../../../../server/services/kernels/sockets.ts';

it('a message that can’t be handled is told of, and the next one is heard', async () => {
  const [shell, control, stdin, iopub, heartbeat] = await freePorts(5);
  const text = JSON.stringify({
    ...{ transport: 'tcp', ip: '127.0.0.1', key: 'key', signature_scheme: 'hmac-sha256' },
    ...{ shell_port: shell, control_port: control, stdin_port: stdin, iopub_port: iopub, hb_port: heartbeat },
  });
  const connection = parseConnectionFile(text, 'kernel.json');
  const kernel = new Publisher({ linger: 0 });
  await kernel.bind(socketAddress(connection, 'iopub'));
  const faults: unknown[] = [];
  const heard: Received[] = [];
  const sockets = new KernelSockets(connection, 'identity', {
    onMessage: (message) => {
      heard.push(message);
      throw new Error(`fault ${heard.length}`);
    },
    onProblem: (problem) => void faults.push(problem),
    onFault: (error) => void faults.push(error),
  });
  const signer = new Signer('key');
  await expect
    .poll(async () => {
      await kernel.send(sealFrames([Buffer.from('x')], rawMessage(makeMessage('status', 'k', {})), signer));
      return heard.length; // a subscription takes a moment
    })
    .toBeGreaterThan(2);
  expect(faults.slice(0, 3)).toEqual([new Error('fault 1'), new Error('fault 2'), new Error('fault 3')]);
  kernel.close();
  await sockets.close();
});

it('who only listens to a kernel keeps nobody from it by failing', () => {
  const fail = (): never => {
    throw new Error('fault');
  };
  const failing = {
    ...{ requested: fail, received: fail, attached: fail, detached: fail },
    ...{ answered: fail, stopped: fail, ended: fail },
  } satisfies KernelListener;
  const faults: unknown[] = [];
  const listener = safeListener(failing, (error) => void faults.push(error));
  listener.requested('s', {} as never, {} as never);
  listener.received({} as never);
  listener.attached('s', true);
  listener.detached('s', 1000);
  listener.answered();
  listener.stopped();
  listener.ended();
  expect(faults).toEqual(Array(7).fill(new Error('fault')));
});
