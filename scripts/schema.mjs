// Writes media/espalier.schema.json from src/config/schema.ts: run after the config format changes.
import { build } from 'esbuild';
import { writeFileSync } from 'node:fs';

const built = await build({
  stdin: {
    contents: "import { configJsonSchema } from './src/config/schema.ts'; export default configJsonSchema();",
    resolveDir: process.cwd(),
  },
  bundle: true,
  platform: 'node',
  format: 'esm',
  write: false,
});
const source = `data:text/javascript;base64,${Buffer.from(built.outputFiles[0].text).toString('base64')}`;
const { default: schema } = await import(source);
writeFileSync('media/espalier.schema.json', `${JSON.stringify(schema, null, 2)}\n`);
