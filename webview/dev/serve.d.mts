export declare const policy: string;
export declare function servePanel(options?: {
  readonly recording?: string;
  readonly port?: number;
}): Promise<{
  readonly url: string;
  readonly close: () => Promise<void>;
}>;
