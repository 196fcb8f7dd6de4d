/** Is this the body of the call of one token that a session and a check begin with? */
export function isMinimalCall(body: string): boolean {
  const { messages } = JSON.parse(body) as { readonly messages: readonly { readonly content: unknown }[] };
  return messages.length === 1 && messages[0]?.content === 'Say OK.';
}
