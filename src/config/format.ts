import type { PrunedConfig } from './schema.ts';
import { configSchema } from './schema.ts';

/**
 * A config as text made for review: keys in the schema's order, one line an entry, one line a channel group; equal
 * configs give equal bytes.
 */
export function formatConfig(config: PrunedConfig): string {
  const ordered = configSchema.parse(config);
  const lines = Object.entries(ordered)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `  ${JSON.stringify(key)}: ${section(value)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

function section(value: unknown): string {
  if (Array.isArray(value))
    return value.length ? `[\n${value.map((item) => `    ${line(item)}`).join(',\n')}\n  ]` : '[]';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (!entries.length) return '{}';
  return `{\n${entries.map(([key, item]) => `    ${JSON.stringify(key)}: ${line(item)}`).join(',\n')}\n  }`;
}

/** One line, spaced as people write it. */
function line(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(line).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (!entries.length) return '{}';
  return `{ ${entries.map(([key, item]) => `${JSON.stringify(key)}: ${line(item)}`).join(', ')} }`;
}
