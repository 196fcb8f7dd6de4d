import type { IopubMessage } from '../output/contract.ts';
import type { NotebookOutput } from './notebook.ts';

type Rich = Extract<NotebookOutput, { output_type: 'display_data' | 'execute_result' }>;

/** The outputs that messages make, as a client would keep them in a notebook. */
export class OutputCollector {
  readonly outputs: NotebookOutput[] = [];
  readonly #displays = new Map<string, Rich[]>();
  #clearsNext = false;

  add({ msg_type: type, content }: IopubMessage): void {
    if (type === 'clear_output') {
      if (content['wait'] === true) this.#clearsNext = true;
      else this.outputs.length = 0;
    } else if (type === 'update_display_data') {
      for (const display of this.#displays.get(idOf(content) ?? '') ?? []) {
        Object.assign(display, richOf(content));
      }
    } else if (
      type === 'stream' ||
      type === 'display_data' ||
      type === 'execute_result' ||
      type === 'error'
    ) {
      if (this.#clearsNext) this.outputs.length = 0;
      this.#clearsNext = false;
      this.#append(type, content);
    }
  }

  #append(type: NotebookOutput['output_type'], content: IopubMessage['content']): void {
    if (type === 'stream') {
      const name = content['name'] === 'stderr' ? 'stderr' : 'stdout';
      const last = this.outputs.at(-1);
      const text = String(content['text']);
      if (last?.output_type === 'stream' && last.name === name) last.text += text;
      else this.outputs.push({ output_type: 'stream', name, text });
    } else if (type === 'error') {
      const { ename, evalue, traceback } = content as Extract<NotebookOutput, { output_type: 'error' }>;
      this.outputs.push({ output_type: 'error', ename, evalue, traceback });
    } else {
      const display: Rich = { output_type: type, ...richOf(content) };
      this.outputs.push(display);
      const id = idOf(content);
      if (id !== undefined) this.#displays.set(id, [...(this.#displays.get(id) ?? []), display]);
    }
  }
}

function richOf({ data, metadata }: IopubMessage['content']): Pick<Rich, 'data' | 'metadata'> {
  return { data: data as Rich['data'], metadata: (metadata ?? {}) as Rich['metadata'] };
}

function idOf({ transient }: IopubMessage['content']): string | undefined {
  return (transient as { display_id?: string } | undefined)?.display_id;
}
