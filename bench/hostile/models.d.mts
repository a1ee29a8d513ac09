export const models: Record<
  'h5' | 'keras' | 'tfjs',
  Record<string, (folder: string) => string | Promise<string>>
>;
export const mayWork: Set<string>;
