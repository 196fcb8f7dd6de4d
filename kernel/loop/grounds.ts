const numberForm = /(?<![\w.])\d(?:[\d,\u202f]*\d)?(?:\.\d+)?(?!\d|\.\d)/g;
const fewestDigits = 3;
const mostNamed = 3;

/**
 * Numbers of an answer that stand nowhere in what the model was given: invented, or worked out in its head. Short ones,
 * of one or two digits, are let pass, as are roundings and percentages of what was given.
 * @param given prompts, results and notes
 */
export function unfounded(answer: string, given: string): readonly string[] {
  const said = numbersIn(answer).filter(({ text }) => text.replaceAll(/\D|^0+/g, '').length >= fewestDigits);
  if (said.length === 0) return [];
  const known = numbersIn(given).map(({ value }) => value);
  const isKnown = ({ text, value }: Found): boolean => {
    const half = 0.51 * 10 ** -(/\.(\d+)$/.exec(text)?.[1]?.length ?? 0);
    return known.some((each) => Math.abs(each - value) <= half || Math.abs(each * 100 - value) <= half);
  };
  return [...new Set(said.filter((found) => !isKnown(found)).map(({ text }) => text))].slice(0, mostNamed);
}

const fileName = /(?<![\w/.-])[\w./-]{0,100}\w\.(?:csv|tsv|jsonl?|txt|md|log|ini|toml|ya?ml|xml|py)\b/gi;

/** Whether a prompt names a file that the model was told of. */
export const namesFile = (prompt: string, given: string): boolean =>
  (prompt.match(fileName) ?? []).some((name) => given.includes(`${name} (`));

interface Found {
  readonly text: string;
  readonly value: number;
}

function numbersIn(text: string): readonly Found[] {
  return (text.match(numberForm) ?? []).map((found) => ({
    text: found,
    value: Number(found.replaceAll(/[,\u202f]/g, '')),
  }));
}
