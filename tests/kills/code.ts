/** What the file of a cell holds. */
export const fileOf = (name: string): string => `${name} `.repeat(50);

/** Notes the cell in memory, and writes its file. */
export const codeOf = (name: string, fails: boolean, seconds: number): string =>
  [
    `log = [*globals().get('log', []), '${name}']`,
    `with open('${name}.txt', 'w') as out: out.write('${name} ' * 50)`,
    `import time; time.sleep(${seconds})`,
    ...(fails ? ['1 / 0'] : []),
  ].join('\n');
