import { encodeFrames } from '../protocol/frames.ts';
import type { Envelope } from '../protocol/header.ts';
import { Signer } from '../protocol/signer.ts';
import type { RequestChannel, Transport } from './contract.ts';
import { Reader } from './reader.ts';

/** The client's end of a linked pair. */
export interface MemoryClient {
  /** Begins to deliver what the kernel sends and publishes. */
  receive(handler: (channel: RequestChannel | 'iopub', envelope: Envelope) => void): void;
  send(channel: RequestChannel, envelope: Envelope): void;
  /** Sends frames as they are, signed or not. */
  sendFrames(channel: RequestChannel, frames: readonly Uint8Array[]): void;
}

interface MemoryPair {
  readonly kernel: Transport;
  readonly client: MemoryClient;
}

type Deliver = (channel: RequestChannel | 'iopub', frames: readonly Uint8Array[]) => void;

/**
 * Two linked ends without sockets, for tests: the frames are encoded, signed and checked as on the wire, and each is
 * delivered in a turn of the event loop of its own.
 */
export function memoryPair(key: string, log: (line: string) => void): MemoryPair {
  let toKernel: Deliver | undefined;
  let toClient: Deliver | undefined;
  let open = true;
  const kernelSigner = new Signer(key);
  const clientSigner = new Signer(key);
  const kernelReader = new Reader('the kernel’s end', kernelSigner, log);
  const clientReader = new Reader('the client’s end', clientSigner, log);
  const later = (deliver: () => void): void => {
    if (open) setImmediate(deliver);
  };
  const fromKernel = (channel: RequestChannel | 'iopub', envelope: Envelope): void => {
    const frames = encodeFrames(envelope, kernelSigner);
    later(() => toClient?.(channel, frames));
  };
  const sendFrames = (channel: RequestChannel, frames: readonly Uint8Array[]): void =>
    later(() => toKernel?.(channel, frames));

  return {
    kernel: {
      receive: (handler) => {
        toKernel = (channel, frames) => {
          const envelope = kernelReader.read(frames);
          if (envelope && open && channel !== 'iopub') handler(channel, envelope);
        };
      },
      send: fromKernel,
      publish: (message) => fromKernel('iopub', { identities: [], message }),
      close: () => {
        open = false;
        return Promise.resolve();
      },
    },
    client: {
      receive: (handler) => {
        toClient = (channel, frames) => {
          const envelope = clientReader.read(frames);
          if (envelope) handler(channel, envelope);
        };
      },
      send: (channel, envelope) => sendFrames(channel, encodeFrames(envelope, clientSigner)),
      sendFrames,
    },
  };
}
