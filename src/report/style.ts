/** The style of every page: light by default, dark where the reader's system is. */
export const style = `
:root{--bg:#fff;--panel:#f6f6f6;--fg:#2f2f2f;--dim:#646464;--line:#dcdcdc;--accent:#005fb8;--keep:#0b7a52;--cut:#b5200d;--warn:#805000;--sel:#e3effa;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--bg:#1e1e1e;--panel:#252526;--fg:#d0d0d0;--dim:#9a9a9a;--line:#3a3a3a;--accent:#4ca0ff;--keep:#4ec9b0;--cut:#f48771;--warn:#d7ba3d;--sel:#04395e}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:14px/1.45 "Segoe UI",system-ui,-apple-system,sans-serif}
header{padding:14px 20px;border-bottom:1px solid var(--line);display:flex;flex-wrap:wrap;gap:4px 14px;align-items:baseline}
h1{font-size:17px;font-weight:600;margin:0}
.dim{color:var(--dim)}.good{color:var(--keep)}.bad{color:var(--cut)}.warn{color:var(--warn)}
.mono{font-family:"Cascadia Code",Consolas,Menlo,monospace;font-size:12.5px}
main{padding:16px 20px;display:grid;grid-template-columns:minmax(0,1.6fr) minmax(290px,1fr);gap:16px;max-width:1240px;margin:0 auto}
section{border:1px solid var(--line);border-radius:5px;background:var(--panel);min-width:0;overflow:hidden}
section>h2{font-size:13px;font-weight:600;margin:0;padding:9px 14px;border-bottom:1px solid var(--line);display:flex;flex-wrap:wrap;gap:4px 10px;align-items:center}
h2 .dim{font-weight:400}.grow{flex:1}
.body{padding:12px 14px}.body>p:last-child{margin-bottom:0}.wide{grid-column:1/-1}.verdict{margin:0;font-weight:600}
svg{display:block;width:100%;height:auto}svg text{font:10.5px "Segoe UI",system-ui,sans-serif}
.pairs{display:grid;grid-template-columns:1fr auto auto;gap:5px 14px;align-items:baseline;margin:0}
.big{font-size:25px;font-weight:300;line-height:1.1}
.steps{display:grid;grid-template-columns:repeat(auto-fit,minmax(86px,1fr));gap:10px;margin:14px 0 8px;padding:0;list-style:none}
.steps li{border-left:3px solid var(--line);padding-left:9px;line-height:1.35}.steps li.on{border-color:var(--accent)}
.steps b{font-size:15px}.steps small{display:block;color:var(--dim);font-size:11.5px}
.scroll{overflow-x:auto}.tall{max-height:420px;overflow-y:auto}
table{border-collapse:collapse;width:100%}td,th{padding:4px 12px;text-align:right;white-space:nowrap}
th{color:var(--dim);font-weight:400;border-bottom:1px solid var(--line);position:sticky;top:0;background:var(--panel)}
td:first-child,th:first-child{text-align:left}tbody tr+tr td{border-top:1px solid color-mix(in srgb,var(--line) 50%,transparent)}
tr.on td{background:var(--sel)}tr.on td:first-child{font-weight:600}
.layer{display:grid;grid-template-columns:minmax(120px,270px) 92px minmax(0,1fr) minmax(90px,190px);gap:12px;align-items:center;padding:4px 14px}
.layer+.layer{border-top:1px solid color-mix(in srgb,var(--line) 50%,transparent)}
.layer>*{min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.strip{display:flex;gap:1px;height:14px}.strip i{flex:1 1 0;min-width:1px;background:var(--keep);border-radius:1px}
.strip i.x{background:none;box-shadow:inset 0 0 0 1px var(--cut)}
.strip i.a{background:repeating-linear-gradient(45deg,var(--accent) 0 2px,transparent 2px 4px);box-shadow:inset 0 0 0 1px var(--accent)}
.strip.dense{gap:0}.strip.dense i{border-radius:0}.strip.dense i.x{box-shadow:inset 0 1px var(--cut),inset 0 -1px var(--cut)}
.strip.kept i{background:var(--dim);opacity:.55}
.chip{border:1px solid var(--line);border-radius:10px;padding:0 9px;font-size:12px;font-weight:400}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:18px}
figure{margin:0}figcaption{font-size:12px;color:var(--dim);margin-bottom:4px}
.samples{display:flex;flex-wrap:wrap;gap:14px;margin:0;padding:0;list-style:none}
.samples li{width:124px;font-size:12px;line-height:1.35}.samples img{width:112px;height:112px;image-rendering:pixelated;object-fit:contain;border:1px solid var(--line);border-radius:3px;background:var(--bg);display:block;margin-bottom:4px}
ul.plain{margin:6px 0 0;padding-left:18px}
dl{display:grid;grid-template-columns:auto 1fr;gap:3px 16px;margin:0}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
@media (max-width:820px){main{grid-template-columns:minmax(0,1fr);padding:12px}.layer{grid-template-columns:minmax(90px,130px) 80px minmax(0,1fr)}.layer>:nth-child(4){display:none}}
@media print{section{break-inside:avoid}.tall{max-height:none}}
`;

/** A whole page: nothing in it is fetched from anywhere. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}
