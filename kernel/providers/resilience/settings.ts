import { z } from 'zod';

const seconds = z.number().min(1).max(86_400);

/** Keys of the configuration for what happens when a provider does not answer. */
export const resilienceKeys = {
  fallback: z
    .array(
      z
        .string()
        .regex(
          /^(?:ollama|groq|openai|embedded|mock)(?::[\x21-\x7e]{1,200})?$/,
          'Invalid fallback: write a provider (ollama, groq, openai, embedded) or provider:model',
        ),
    )
    .max(8)
    .default([])
    .describe(
      'Who answers when the provider does not: `provider` or `provider:model`; in the variable with commas between them.',
    ),
  providerOrder: z
    .enum(['configured', 'cheapest', 'fastest'])
    .default('configured')
    .describe('In which order the provider and its fallbacks are asked.'),
  retries: z.int().min(0).max(10).default(3).describe('How often a call that failed is tried again.'),
  retrySeconds: z
    .number()
    .min(0)
    .max(3600)
    .default(60)
    .describe('How long one turn may wait between attempts, all waits together.'),
  firstTokenSeconds: seconds
    .optional()
    .describe(
      'How long a model may take to begin its answer; without it 120 for Groq and OpenAI, 1800 for others.',
    ),
  tokenGapSeconds: seconds
    .optional()
    .describe('How long an answer may pause; without it 60 for Groq and OpenAI, 600 for others.'),
  turnSeconds: seconds
    .default(7200)
    .describe('How long one turn of the model may take, with all its attempts.'),
};

/** Their environment variables. */
export const resilienceVariables = {
  REPLIQUE_FALLBACK: 'fallback',
  REPLIQUE_PROVIDER_ORDER: 'providerOrder',
  REPLIQUE_RETRIES: 'retries',
  REPLIQUE_RETRY_SECONDS: 'retrySeconds',
  REPLIQUE_FIRST_TOKEN_SECONDS: 'firstTokenSeconds',
  REPLIQUE_TOKEN_GAP_SECONDS: 'tokenGapSeconds',
  REPLIQUE_TURN_SECONDS: 'turnSeconds',
} as const;
