// The panel in a plain browser: node webview/dev/serve.mjs [RECORDING.json] [PORT]
// RECORDING is what record.mjs made; without one the page makes its own (see fake-host.ts for what its address may say).
import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { webviewEntry, webviewOptions } from '../../scripts/webview.mjs';

const NONCE = 'dGVzdA';
const root = fileURLToPath(new URL('../../', import.meta.url));

/** The extension's content security policy, with this server in the place of the editor's resources. */
export const policy = `default-src 'none'; img-src 'self' data:; style-src 'self'; font-src 'self'; script-src 'nonce-${NONCE}';`;

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <link rel="stylesheet" href="/panel.css" />
    <title>Espalier</title>
  </head>
  <body>
    <div id="root"></div>
    <script nonce="${NONCE}" src="/recorded.js"></script>
    <script nonce="${NONCE}" src="/dev.js"></script>
    <script nonce="${NONCE}" src="/panel.js"></script>
  </body>
</html>`;

/**
 * Builds the panel in memory and serves it.
 * @param recording a file that record.mjs made
 * @returns its address and what ends it
 */
export async function servePanel({ recording, port = 0 } = {}) {
  const built = await build({
    ...webviewOptions,
    absWorkingDir: root,
    entryPoints: { panel: webviewEntry, dev: 'webview/dev/fake-host.ts' },
    outdir: '/',
    sourcemap: false,
    write: false,
  });
  const files = new Map(
    built.outputFiles.map((file) => [file.path.replace(/\\/g, '/').replace(/^.*\//, '/'), file.text]),
  );
  files.set('/recorded.js', recording ? `window.recorded = ${readFileSync(recording, 'utf8')};` : '');
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const text = pathname === '/' ? page : files.get(pathname);
    const type = pathname.endsWith('.js')
      ? 'text/javascript'
      : pathname.endsWith('.css')
        ? 'text/css'
        : 'text/html';
    response.writeHead(text === undefined ? 404 : 200, {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'no-store',
    });
    response.end(text ?? '');
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [recording, port] = process.argv.slice(2);
  const { url } = await servePanel({ recording, port: Number(port ?? 8030) });
  console.log(url);
}
