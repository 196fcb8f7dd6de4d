const largest = 64_000;

/** Macros that link, load, style, or define other macros (which can grow without end). */
const macros =
  /\\(?=(?:href|url|data|html(?:Data|Id|Class|Style)|css(?:Id)?|class|style|includegraphics|require|unicode|mmlToken|texttip|tooltip|toggle|action|bbox|def|[gex]def|let|futurelet|(?:re)?newcommand|providecommand|(?:re)?newenvironment|DeclareMathOperator|newlabel|global|input|include|write|openout|catcode|csname)(?![a-z]))/gi;

/** Mathematics in which the macros that could act are shown by name in place of acting. */
export function neutralMacros(tex: string, backslash = '\\backslash '): string {
  return tex.replaceAll(macros, () => backslash);
}

/** LaTeX that a renderer may typeset; undefined where there is more than 64 kB of it. */
export function safeLatex(tex: string): string | undefined {
  return tex.length > largest ? undefined : neutralMacros(tex);
}
