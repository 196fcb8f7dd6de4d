import { type Task } from '../task.ts';

/** One line of a file has to be changed, and nothing else. */
export const changeSetting: Task = {
  name: 'change-setting',
  make(random) {
    const port = 3000 + random.below(5000);
    const text = (staging: number): string =>
      `; servers\n[production]\nhost = prod.local\nport = ${port}\n\n[staging]\nhost = stage.local\nport = ${staging}\ndebug = yes\n`;
    return {
      files: { 'servers.ini': text(port) },
      prompts: ['In servers.ini, change the port of staging to 9090. Leave everything else as it is.'],
      check: (ran) => {
        const meaning = (given: string): string =>
          given
            .replaceAll(/^\s*[;#].*$/gm, '')
            .replaceAll(/[ \t]*=[ \t]*/g, '=')
            .replaceAll(/\n+/g, '\n')
            .trim();
        const found = ran.file('servers.ini') ?? '';
        return meaning(found) === meaning(text(9090))
          ? undefined
          : `servers.ini holds ${JSON.stringify(found)}`;
      },
      solution: [
        {
          code: `top, bottom = open("servers.ini").read().split("[staging]")
open("servers.ini", "w").write(top + "[staging]" + bottom.replace("port = ${port}", "port = 9090"))`,
          answer: 'Done.',
        },
      ],
    };
  },
};
