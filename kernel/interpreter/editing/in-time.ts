import { RepliqueError } from '../../errors.ts';

/** What an answer brings, or `otherwise` where it takes longer or there is no sandbox to ask: what comes late is dropped. */
export async function inTime<T>(answer: Promise<T>, ms: number, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), ms);
  });
  const known = answer.catch((error: unknown) => {
    if (error instanceof RepliqueError) return otherwise;
    throw error;
  });
  try {
    return await Promise.race([known, late]);
  } finally {
    clearTimeout(timer);
  }
}
