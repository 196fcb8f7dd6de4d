import type { Duplex } from 'node:stream';
import type { Pace } from './pace.ts';

/** How long it is waited for what ended the pump to be told first. */
const graceMs = 200;

interface TextChannels {
  readonly stdout: Duplex | undefined;
  readonly stderr: Duplex | undefined;
  readonly pace: Pick<Pace, 'read'>;
  readonly onText: (name: 'stdout' | 'stderr', chunk: Buffer) => void;
  /** There will be no more text. */
  readonly onGone: () => void;
  /** Ends the sandbox. */
  readonly end: () => void;
}

/**
 * Reads what the sandbox's pump carries of descriptors 1 and 2. Where the pump is gone, nothing that lives there can be
 * heard any more, nor what is resumed there: the sandbox ends, and the session goes on in another.
 */
export function readTextChannels({ stdout, stderr, pace, onText, onGone, end }: TextChannels): void {
  for (const [name, channel] of [['stdout', stdout] as const, ['stderr', stderr] as const]) {
    if (channel === undefined) continue;
    pace.read(channel, (chunk) => onText(name, chunk));
    channel.once('end', () => {
      onGone();
      setTimeout(end, graceMs).unref();
    });
  }
}
