import Database from 'libsql';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyed } from '../../kernel/audit/chain.ts';
import { readKey } from '../../kernel/audit/key.ts';
import { verifyAll } from '../../kernel/audit/survey.ts';
import { savedSchema } from '../../kernel/session/schema.ts';
import { lineSchema } from '../../kernel/timeline/journal/schema.ts';
import { readJournal } from '../../kernel/timeline/journal/reading.ts';
import { recordsDir, recordSchema } from '../../kernel/timeline/unfinished/schema.ts';

/** What is half written in a data directory, or there once too often after so many kills; a line each. */
export function brokenIn(data: string, kills: number): readonly string[] {
  return [...brokenSessions(join(data, 'sessions')), ...brokenTimelines(join(data, 'timeline'))]
    .concat(brokenRecords(join(data, 'timeline', recordsDir)), brokenDatabases(data), brokenAudit(data))
    .concat(tooMany(data, kills));
}

function brokenSessions(directory: string): readonly string[] {
  return namesIn(directory)
    .filter((name) => !name.endsWith('.draft'))
    .filter((name) => !name.endsWith('.json') || !isSaved(join(directory, name)))
    .map((name) => `session ${name}`);
}

function isSaved(file: string): boolean {
  try {
    return savedSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).success;
  } catch {
    return false;
  }
}

function brokenTimelines(directory: string): readonly string[] {
  return namesIn(directory).flatMap((session) => {
    if (session === recordsDir) return [];
    const file = join(directory, session, 'journal.jsonl');
    if (!existsSync(file)) return [];
    const text = readFileSync(file, 'utf8');
    const wrong = text
      .split('\n')
      .slice(1, -1)
      .filter((line) => !isLine(line));
    const told = readJournal(text);
    const problem = 'problem' in told ? [`timeline ${session}: ${told.problem}`] : [];
    return [...problem, ...wrong.map((line) => `timeline ${session}: ${line.slice(0, 80)}`)];
  });
}

function isLine(text: string): boolean {
  try {
    return lineSchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

function brokenRecords(directory: string): readonly string[] {
  return namesIn(directory)
    .filter((name) => !name.endsWith('.draft'))
    .filter((name) => {
      try {
        return !recordSchema.safeParse(JSON.parse(readFileSync(join(directory, name), 'utf8'))).success;
      } catch {
        return true;
      }
    })
    .map((name) => `record of a move ${name}`);
}

function brokenDatabases(data: string): readonly string[] {
  return namesIn(data)
    .filter((name) => name.endsWith('.sqlite'))
    .flatMap((name) => {
      const database = new Database(join(data, name));
      try {
        const found = JSON.stringify(database.pragma('integrity_check'));
        return found.includes('"ok"') ? [] : [`database ${name}: ${found}`];
      } catch (error) {
        return [`database ${name}: ${String(error)}`];
      } finally {
        database.close();
      }
    });
}

function brokenAudit(data: string): readonly string[] {
  const directory = join(data, 'audit');
  if (namesIn(directory).length === 0) return [];
  return [...verifyAll(directory, keyed(readKey(join(data, 'audit.key'))))]
    .filter(({ status }) => status === 'broken')
    .map(({ name, problem }) => `audit ${name}: ${problem}`);
}

/** A killed kernel may leave one draft; those of earlier ones are gone. */
function tooMany(data: string, kills: number): readonly string[] {
  const drafts = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.draft'),
  );
  return drafts.length > Math.min(kills, 4) ? [`${drafts.length} drafts: ${drafts.join(', ')}`] : [];
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
