export declare function servePanel(options?: {
  recording?: string;
  port?: number;
}): Promise<{ url: string; close(): Promise<void> }>;
