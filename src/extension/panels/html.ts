/** The hash of an empty style: the toolkit adds one such element, and nothing else inline is allowed. */
const emptyStyle = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

/**
 * The panel's page: one script by nonce, one style sheet, and a content security policy that allows nothing else.
 * @param of addresses of the bundles as the webview reaches them
 */
export function panelHtml(of: {
  readonly script: string;
  readonly style: string;
  readonly cspSource: string;
  readonly nonce: string;
  readonly language: string;
  readonly title: string;
}): string {
  const policy = [
    "default-src 'none'",
    `style-src ${of.cspSource} ${emptyStyle}`,
    `font-src ${of.cspSource}`,
    `img-src ${of.cspSource} data:`,
    `script-src 'nonce-${of.nonce}'`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${escape(of.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(of.title)}</title>
<link rel="stylesheet" href="${escape(of.style)}">
</head>
<body>
<div id="root"></div>
<script nonce="${escape(of.nonce)}" src="${escape(of.script)}"></script>
</body>
</html>
`;
}

function escape(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => entities[character]);
}
