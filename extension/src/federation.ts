/** One version of a module that the page shares (webpack, "Module Federation", share scopes). */
interface SharedModule {
  get(): Promise<() => unknown> | (() => unknown);
}

/** By the module's name, then by its version. */
export type ShareScope = Readonly<Record<string, Readonly<Record<string, SharedModule>> | undefined>>;

/**
 * The page's own copy of a module: JupyterLab's tokens and classes are the same objects for all that ask. JupyterLab shares one version of each.
 * @throws Error where the page has none
 */
export async function shared<T>(scope: ShareScope, name: string): Promise<T> {
  const [only] = Object.values(scope[name] ?? {});
  if (only === undefined) throw new Error(`This page shares no ${name}.`);
  const make = await only.get();
  return make() as T;
}
