/** Tokens of an image of a usual size: what OpenAI counts for 1024 × 1024 in high detail, and more than most others do. */
const perImage = 765;
/** Tokens that a chat template adds around each message. */
const perMessage = 5;
const asciiCharsPerToken = 3.5;

/**
 * A rough count of a text's tokens, leaning high: 3.5 ASCII characters a token, one token for any other UTF-16 unit.
 * Good enough to keep clear of a context's end; never shown as exact.
 */
export function estimateTokens(text: string): number {
  let ascii = 0;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) < 128) ascii += 1;
  return Math.ceil(ascii / asciiCharsPerToken + (text.length - ascii));
}

/** The same for the messages of a request. */
export function estimateMessages(
  messages: readonly { readonly content: string; readonly images?: readonly unknown[] }[],
): number {
  const each = messages.map(
    ({ content, images = [] }) => estimateTokens(content) + perMessage + images.length * perImage,
  );
  return each.reduce((sum, tokens) => sum + tokens, 0);
}
