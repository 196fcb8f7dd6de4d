import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Resource } from '../../http/server.ts';
import type { LabPlaces } from '../lab/places.ts';
import { readJson } from '../lab/read-json.ts';

/** `jupyterlab_language_pack_de_DE`: a Python package with one JSON file a domain (JupyterLab, "Internationalization"). */
const packName = /^jupyterlab_language_pack_([a-z]{2,3}(?:_[A-Z]{2})?)$/;
const localeForm = /^[a-z]{2,3}(?:[_-][A-Z]{2})?$/;

interface Pack {
  readonly locale: string;
  readonly directory: string;
}

/** The language packs that are installed; English is always there. */
export function translationsResource({ packages }: Pick<LabPlaces, 'packages'>): Resource {
  return ({ app }) => {
    const list = async (): Promise<unknown> => {
      const packs = await findPacks(packages);
      const data = Object.fromEntries(['en', ...packs.map(({ locale }) => locale)].map(named));
      return { data, message: '' };
    };
    app.get('/lab/api/translations', list);
    app.get<{ Params: { locale: string } }>('/lab/api/translations/:locale', async ({ params }) => {
      const { locale } = params;
      if (locale === '' || locale === 'default' || locale === 'en') return { data: {}, message: '' };
      if (!localeForm.test(locale)) return { data: {}, message: 'That is no language.' };
      const pack = (await findPacks(packages)).find((each) => each.locale === locale.replace('-', '_'));
      if (pack === undefined) return { data: {}, message: `There is no language pack for ${locale}.` };
      return { data: await domainsOf(pack), message: '' };
    });
  };
}

async function findPacks(packages: readonly string[]): Promise<readonly Pack[]> {
  const found = await Promise.all(
    packages.map(async (directory) =>
      (await readdir(directory).catch(() => [])).flatMap((name) => {
        const locale = packName.exec(name)?.[1];
        if (locale === undefined) return [];
        return [{ locale, directory: join(directory, name, 'locale', locale, 'LC_MESSAGES') }];
      }),
    ),
  );
  return found.flat();
}

async function domainsOf({ directory }: Pack): Promise<Readonly<Record<string, unknown>>> {
  const files = (await readdir(directory).catch(() => [])).filter((name) => name.endsWith('.json'));
  const domains = await Promise.all(
    files.map(
      async (name) => [name.slice(0, -'.json'.length), await readJson(join(directory, name))] as const,
    ),
  );
  return Object.fromEntries(domains);
}

function named(locale: string): readonly [string, { displayName: string; nativeName: string }] {
  const tag = locale.replace('_', '-');
  const name = (language: string): string =>
    new Intl.DisplayNames([language], { type: 'language' }).of(tag) ?? locale;
  return [locale, { displayName: name('en'), nativeName: name(tag) }];
}
