/** Something that has happened, as Jupyter's event system names it. */
export interface JupyterEvent {
  readonly schemaId: string;
  readonly version: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly at?: string | undefined;
}

const host = 'https://events.jupyter.org/jupyter_server';

/** The events that there are, with their versions. */
export const known = {
  contents: { schemaId: `${host}/contents_service/v1`, version: '1' },
  kernels: { schemaId: `${host}/kernel_actions/v1`, version: '1' },
  gateway: { schemaId: `${host}/gateway_client/v1`, version: '1' },
} as const;

/** What happens to contents and kernels: the data of an event, as its schema has it. */
export const teller =
  (bus: EventBus, kind: keyof typeof known) =>
  (data: object): void =>
    bus.emit({ ...known[kind], data: { ...data } });

/** Tells those who listen of what happens. */
export class EventBus {
  readonly #listeners = new Set<(event: object) => void>();

  emit({ schemaId, version, data, at = new Date().toISOString() }: JupyterEvent): void {
    const capsule = {
      schema_id: schemaId,
      ...{ __timestamp__: at, __schema__: schemaId, __schema_version__: version, __metadata_version__: 1 },
      ...data,
    };
    for (const listener of this.#listeners) listener(capsule);
  }

  /** @returns a function that ends it */
  listen(listener: (event: object) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
