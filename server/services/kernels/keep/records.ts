import { z } from 'zod';

/** What a server writes down of itself for the one that comes after it. */

/** One that may be signalled: without its start, a number may be another process's by now. */
const mark = z.object({ pid: z.int().positive(), started: z.string().min(1).max(100) });

/** A kernel's id goes into the name of a file. */
export const kernelId = z
  .string()
  .regex(/^\w+(?:-\w+){4}$/)
  .max(100);

export const mostClients = 20;

/** So many restarts may come while a cell runs, and its answer is still somebody's. */
export const mostIdentities = 5;
const identity = z.string().min(1).max(200);

const plain = z.union([z.string().max(10_000), z.number(), z.boolean(), z.null()]);

/** A question that is open: an `input_request`, whom it is for, and by which identity it came. */
export const questionRecord = z.object({
  session: z.string().max(1000),
  identity: identity.optional(),
  /** Id of the request that asks. */
  request: z.string().max(10_000),
  header: z.object({ msg_id: z.string(), msg_type: z.string(), session: z.string() }).catchall(plain),
});

/** Of a header that is longer nothing is written down. */
export const mostHeaderLength = 100_000;

export const kernelRecord = z.object({
  id: kernelId,
  /** Of its kernelspec. */
  name: z.string().max(1000),
  cwd: z.string().max(4096),
  env: z.record(z.string().max(1000), z.string().max(100_000)),
  connectionFile: z.string().max(4096),
  /** Of what is in it: another kernel's is not taken for this one's. */
  connectionHash: z.string().length(64),
  /** By which the kernel knows the servers that have asked it something, the last first: answers come to who has them. */
  identities: z.array(identity).min(1).max(mostIdentities),
  process: mark,
  /** Sessions of the clients that were there. */
  clients: z.array(z.string().max(200)).max(mostClients),
  /** Header of the last message of iopub that clients were given; absent where the server had no time to say. */
  lastHeard: z.string().max(mostHeaderLength).optional(),
  question: questionRecord.optional(),
});

const sessionRecord = z.object({
  id: z.uuid(),
  kernelId,
  path: z.string().max(10_000),
  name: z.string().max(1000).nullable(),
  type: z.string().max(1000),
});

export const sessionRecords = z.array(sessionRecord).max(2000);
export const tokenRecord = z.object({ token: z.string().min(1).max(1000) });
export const watchRecord = mark;
export const letGoRecord = z.object({ generation: z.int().positive() });

/** With the terms of its server: how long kernels go on without one, and how much of what they say is kept, in megabytes. */
export const watchdogRecord = mark.extend({ seconds: z.number().min(0), mb: z.number().min(0) });

export type KernelRecord = z.infer<typeof kernelRecord>;
export type QuestionRecord = z.infer<typeof questionRecord>;
export type WatchdogRecord = z.infer<typeof watchdogRecord>;
export type SessionRecord = z.infer<typeof sessionRecord>;
