import { escapeMarkup } from '../../../kernel/markup.ts';
import type { PageConfig } from './page-config.ts';

/**
 * Renders `index.html` of JupyterLab or Notebook: a Jinja template with few words. What depends on the page is one JSON object; `<` in it
 * is written so that it can't end the script element.
 * @param customCss whether the page has a style sheet of the user's
 * @throws Error where the template says something that is not known here: another version's, then
 */
export function renderPage(template: string, config: PageConfig, customCss = false): string {
  const base = String(config['baseUrl']);
  const page = template
    .replaceAll(/\{#[^]*?#\}/g, '')
    .replaceAll(/\{%\s*if custom_css\s*%\}([^]*?)\{%\s*endif\s*%\}/g, customCss ? '$1' : '')
    .replaceAll(/\{%\s*(?:set\b[^%]*|block \w+|endblock(?: \w+)?)\s*%\}/g, '')
    .replaceAll(/\{\{\s*page_config_full\s*\|\s*tojson\s*\}\}/g, () => jsonInScript(config))
    .replaceAll(/\{\{\s*base_url(?:\s*\|\s*escape)?\s*\}\}/g, () => escapeMarkup(base))
    .replaceAll(/\{\{\s*page_config(?:\.(\w+)|\['(\w+)'\])(?:\s*\|\s*e(?:scape)?)?\s*\}\}/g, (_, a, b) =>
      escapeMarkup(textOf(config[String(a ?? b)])),
    );
  const unknown = /\{[{%][^}]{0,80}/.exec(withoutJson(page, config));
  if (unknown) throw new Error(`JupyterLab's page has "${unknown[0]}", which this Replique does not know`);
  return page;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What a browser reads as this value, and no end of its element. */
const jsonInScript = (value: unknown): string =>
  JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026');

const withoutJson = (page: string, config: PageConfig): string => page.replace(jsonInScript(config), '');
