import values from './themes.json';

const classes: Readonly<Record<string, string>> = {
  dark: 'vscode-dark',
  light: 'vscode-light',
  hcDark: 'vscode-high-contrast',
  hcLight: 'vscode-high-contrast vscode-high-contrast-light',
};

/** Gives the page the editor's classes and colours, as a webview gets them (values read from a running workbench). */
export function dress(theme: string): void {
  document.body.className = classes[theme] ?? classes.dark;
  document.body.dataset.vscodeThemeKind = classes[theme] ?? classes.dark;
  const style = document.documentElement.style;
  const fonts = {
    '--vscode-font-family': 'system-ui, Ubuntu, "Droid Sans", "DejaVu Sans", sans-serif',
    '--vscode-font-size': '13px',
    '--vscode-font-weight': 'normal',
    '--vscode-editor-font-family': '"Droid Sans Mono", "DejaVu Sans Mono", monospace',
    '--vscode-editor-font-size': '14px',
  };
  for (const name of [...style]) if (name.startsWith('--vscode-')) style.removeProperty(name);
  const colours: Readonly<Record<string, Readonly<Record<string, string>>>> = values;
  for (const [name, value] of Object.entries({ ...fonts, ...colours[theme] })) style.setProperty(name, value);
}

Object.assign(window, { dress });
