import { z } from 'zod';

/** What a server writes down of itself for the one that comes after it. */

const mark = z.object({ pid: z.int().positive(), started: z.string().max(100).optional() });

/** A kernel's id goes into the name of a file. */
export const kernelId = z
  .string()
  .regex(/^\w+(?:-\w+){4}$/)
  .max(100);

export const mostClients = 20;

/** So many restarts may come while a cell runs, and its answer is still somebody's. */
export const mostIdentities = 5;

export const kernelRecord = z.object({
  id: kernelId,
  /** Of its kernelspec. */
  name: z.string().max(1000),
  cwd: z.string().max(4096),
  env: z.record(z.string().max(1000), z.string().max(100_000)),
  connectionFile: z.string().max(4096),
  /** By which the kernel knows the servers that have asked it something, the last first: answers come to who has them. */
  identities: z.array(z.string().min(1).max(200)).min(1).max(mostIdentities),
  process: mark,
  /** Sessions of the clients that were there. */
  clients: z.array(z.string().max(200)).max(mostClients),
  /** Header of the last message of iopub that clients were given; absent where the server had no time to say. */
  lastHeard: z.string().max(100_000).optional(),
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

export type KernelRecord = z.infer<typeof kernelRecord>;
export type SessionRecord = z.infer<typeof sessionRecord>;
