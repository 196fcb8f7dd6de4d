import { PROTOCOL_VERSION } from '../../protocol/header.ts';
import type { ReplyContents } from '../../protocol/messages.ts';
import type { HandlerContext } from './context.ts';

/** Says who the kernel is. */
export function kernelInfo({
  version,
}: Pick<HandlerContext, 'version'>): ReplyContents['kernel_info_request'] {
  return {
    status: 'ok',
    protocol_version: PROTOCOL_VERSION,
    implementation: 'replique',
    implementation_version: version,
    language_info: {
      name: 'replique',
      version,
      mimetype: 'text/markdown',
      file_extension: '.md',
      codemirror_mode: 'markdown',
      pygments_lexer: 'markdown',
    },
    banner: `Replique ${version}: each cell is a prompt. %help lists the magics.`,
    help_links: [],
    supported_features: ['kernel subshells'],
    debugger: false,
  };
}
