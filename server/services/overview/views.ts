import { findSession, listSessions } from '../../../kernel/overview/sessions.ts';
import { readSandboxRecord } from '../../../kernel/overview/sandbox.ts';
import { readSessionTimeline } from '../../../kernel/overview/timeline.ts';
import { UsageReader } from '../../../kernel/overview/usage.ts';
import { HttpError } from '../../http/errors.ts';
import type { Page } from './layout.ts';
import { sessionPage, sessionsPage, usagePage } from './pages.ts';

/** What the pages show. A server that nobody asks for them does without this module and what it reads records with. */

const most = { sessions: 200, cells: 300, refusals: 100, rows: 100 } as const;
const dayMs = 86_400_000;
/** Sessions and their usage are kept so long. */
const sessionDays = 90;

export { checkPage } from './pages.ts';

/** All sessions. @throws HttpError 503 */
export function sessionsView(baseUrl: string): Page {
  const midnight = new Date().setHours(0, 0, 0, 0);
  const { bySession, today } = withUsage((usage) => ({
    bySession: usage.by('session', Date.now() - sessionDays * dayMs, 10 * most.sessions),
    today: usage.by('day', midnight, 1)[0],
  }));
  const used = new Map(bySession.map((row) => [row.name, row]));
  const views = listSessions(most.sessions).map((entry) => ({ entry, usage: used.get(entry.session) }));
  return sessionsPage(baseUrl, views, today);
}

/** One session; undefined where there is none of that id. @throws HttpError 503 */
export async function sessionView(id: string): Promise<Page | undefined> {
  const entry = findSession(id);
  if (entry === undefined) return undefined;
  const { session } = entry;
  return sessionPage({
    entry,
    usage: withUsage((usage) => usage.of(session)),
    timeline: readSessionTimeline(session, most.cells),
    sandbox: await readSandboxRecord(session, most.refusals),
  });
}

/** What was used on these last days. @throws HttpError 503 */
export function usageView(days: number): Page {
  const since = new Date().setHours(0, 0, 0, 0) - (days - 1) * dayMs;
  return usagePage(
    withUsage((usage) => ({
      days,
      byDay: usage.by('day', since, most.rows),
      byModel: usage.by('model', since, most.rows),
      byNotebook: usage.by('notebook', since, most.rows),
    })),
  );
}

/** @throws HttpError 503 where the record of what was used can't be read now */
function withUsage<T>(read: (usage: UsageReader) => T): T {
  let usage: UsageReader | undefined;
  try {
    usage = new UsageReader();
    return read(usage);
  } catch (error) {
    throw new HttpError(503, `The record of what was used can’t be read: ${(error as Error).message}`);
  } finally {
    usage?.close();
  }
}
