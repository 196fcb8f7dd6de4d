/** Of prompts, as an editor names it: Markdown. The kernel says so for all of its cells. */
export const promptLanguage = 'text/x-ipythongfm';

/** What a cell of Replique holds, as an editor names it. */
export type CellLanguage = typeof promptLanguage | 'text/x-python' | 'text/x-sh' | 'text/plain';

const magics: Readonly<Record<string, CellLanguage>> = { python: 'text/x-python', bash: 'text/x-sh' };

/** By its first line that is not empty: `%%python` and `%%bash` are code, other `%%` are left plain, all else is a prompt. */
export function languageOf(source: string): CellLanguage {
  const [, magic] = /^\s*%%(\w*)/.exec(source) ?? [];
  return magic === undefined ? promptLanguage : (magics[magic] ?? 'text/plain');
}

/** Whether a cell's text goes to the model. */
export const isPrompt = (source: string): boolean =>
  source.trim() !== '' && languageOf(source) === promptLanguage && !/^\s*%\w+[^\n]*\s*$/.test(source);
