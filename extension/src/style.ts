const style = `
.jp-Notebook .replique-prompt .jp-InputArea-editor {
  border-left: 3px solid var(--jp-brand-color2);
}
.jp-Notebook .replique-prompt .cm-content {
  font-family: var(--jp-content-font-family);
  font-size: var(--jp-content-font-size1);
}
.replique-status {
  padding: 0 8px;
  font-size: var(--jp-ui-font-size1);
  line-height: 24px;
}
`;

export function addStyle(page: Document): void {
  const element = page.createElement('style');
  element.textContent = style;
  page.head.append(element);
}
