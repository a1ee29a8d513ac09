interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

/** The editor's end of this page: it can be had once only. */
export const vscode: VsCodeApi = acquireVsCodeApi();
