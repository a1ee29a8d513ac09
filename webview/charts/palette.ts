import { signal } from '@preact/signals';

/** The theme's colours, as a canvas takes them. */
export interface Palette {
  readonly text: string;
  readonly dim: string;
  readonly line: string;
  /** lines behind a chart: never louder than what stands on them */
  readonly grid: string;
  readonly background: string;
  readonly accent: string;
  readonly kept: string;
  readonly removed: string;
  readonly warning: string;
  readonly selection: string;
  /** for several lines in one chart, told apart by dashes too */
  readonly series: readonly string[];
  readonly font: string;
  readonly highContrast: boolean;
}

/** The first of these custom properties that the theme gives. */
function first(style: CSSStyleDeclaration, names: readonly string[], fallback: string): string {
  for (const name of names) {
    const value = style.getPropertyValue(name).trim();
    if (value) return value;
  }
  return fallback;
}

/** Red, green and blue (0..255) of a colour, whatever way the theme writes it. */
export function rgb(colour: string): readonly [number, number, number] {
  const context = document.createElement('canvas').getContext('2d')!;
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
  return [r, g, b];
}

function withAlpha(colour: string, alpha: number): string {
  return `rgba(${rgb(colour).join(', ')}, ${alpha})`;
}

function read(): Palette {
  const style = getComputedStyle(document.body);
  const highContrast = /vscode-high-contrast/.test(document.body.className);
  const text = first(style, ['--fg', '--vscode-foreground'], style.color);
  const chart = (name: string, fallback: string) => first(style, [`--vscode-charts-${name}`], fallback);
  const accent = first(style, ['--fill', '--vscode-charts-blue'], text);
  const line = first(style, ['--line', '--vscode-panel-border', '--vscode-contrastBorder'], text);
  return {
    text,
    dim: first(style, ['--dim', '--vscode-descriptionForeground'], text),
    line,
    grid: highContrast ? withAlpha(line, 0.3) : line,
    background: first(style, ['--vscode-editor-background'], 'Canvas'),
    accent,
    kept: first(style, ['--keep', '--vscode-charts-green'], text),
    removed: first(style, ['--cut', '--vscode-charts-red'], text),
    warning: first(style, ['--warn', '--vscode-charts-yellow'], text),
    selection: first(style, ['--vscode-list-activeSelectionBackground'], accent),
    // charts-orange is half transparent in the editor's own themes
    series: [accent, ...['purple', 'green', 'red', 'yellow'].map((name) => chart(name, text)), text],
    font: first(style, ['--vscode-font-family'], 'sans-serif'),
    highContrast,
  };
}

/** The colours now; a new object when the editor's theme changes (it sets the page's class and properties). */
export const palette = signal<Palette>(read());
let queued = false;
const reread = () => {
  if (queued) return;
  queued = true;
  requestAnimationFrame(() => {
    queued = false;
    const next = read();
    if (JSON.stringify(next) !== JSON.stringify(palette.peek())) palette.value = next;
  });
};
const watch = new MutationObserver(reread);
watch.observe(document.body, { attributes: true, attributeFilter: ['class', 'style'] });
watch.observe(document.documentElement, { attributes: true, attributeFilter: ['class', 'style'] });
window.addEventListener('load', reread);
