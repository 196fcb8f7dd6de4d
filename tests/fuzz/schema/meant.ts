import type { Case } from './cases.ts';

/** Answers of 500 and more that are no fault, each with why. */
const meant: readonly {
  readonly status: number;
  readonly where: RegExp;
  readonly says: RegExp;
  readonly why: string;
}[] = [
  {
    ...{ status: 501, where: /^\/api\/sessions\b/, says: /"short_message"/ },
    why: 'a session whose kernel can’t be started: jupyter_server’s clients know it by this code and body',
  },
  {
    ...{ status: 503, where: /^\/api\/terminals\b/, says: /There are 100 terminals\. Close one first\./ },
    why: 'no more terminals than that',
  },
  {
    ...{
      status: 503,
      where: /^\/api\/(?:kernels|sessions)\b/,
      says: /There are \d+ kernels\. Shut one down first\./,
    },
    why: 'no more kernels than that',
  },
];

/** Whether an answer is one that the server means to give. */
export const isMeant = ({ path, answer }: Case): boolean =>
  answer === undefined ||
  answer.status < 500 ||
  meant.some(
    ({ status, where, says }) => status === answer.status && where.test(path) && says.test(answer.body),
  );
