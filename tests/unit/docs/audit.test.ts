import { expect, it } from 'vitest';
import { z } from 'zod';
import { auditEvent, auditKinds, auditVersion } from '../../../kernel/protocol/audit.ts';

const introduction = `# Audit events

One JSON object a line, in \`NAME.1.jsonl\`, \`NAME.2.jsonl\` … of the audit's directory. The \`__…__\` keys are the capsule
that Jupyter's event system gives its events, and the chain. Schema version ${auditVersion}. This page is generated from
\`kernel/protocol/audit.ts\` (\`npm test -- tests/unit/docs -u\` writes it anew).
`;

interface Property {
  readonly description?: string;
  readonly type?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Property[];
  readonly const?: unknown;
}

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
}

const kindOf = ({ type, enum: values, anyOf, const: constant }: Property): string =>
  (constant !== undefined && JSON.stringify(constant)) ||
  values?.map((value) => JSON.stringify(value)).join(', ') ||
  anyOf?.map(kindOf).join(' or ') ||
  String(type);

function tableOf(schema: Schema): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const given = schema.required?.includes(name) ? '' : ' (may be absent)';
    return `| \`${name}\` | ${kindOf(property)}${given} | ${property.description ?? ''} |`;
  });
  return rows.length === 0
    ? ''
    : ['| key | value | what it is |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

function reference(): string {
  const schemaOf = (kind: z.ZodType): Schema => z.toJSONSchema(kind) as Schema;
  const kinds = Object.entries(auditKinds).map(([name, kind]) => {
    const schema = schemaOf(kind);
    return `## \`urn:replique:audit:${name}\`\n\n${schema.description ?? ''}\n\n${tableOf(schema)}`;
  });
  return `${introduction}\n## Every event\n\n${tableOf(schemaOf(auditEvent))}\n${kinds.join('\n')}`;
}

it('the reference of the audit names every kind and key', async () => {
  await expect(reference()).toMatchFileSnapshot('../../../docs/reference/audit.md');
});
