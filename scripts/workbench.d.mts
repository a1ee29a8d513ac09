export interface Recipe {
  readonly version: string;
  readonly node: string;
}
export declare const COMPUTES: readonly string[];
export declare const WORKBENCHES: readonly Recipe[];
export declare function browser(): string | null;
export declare function whyNot(): string | null;
export declare function workbenchPlaces(version: string): {
  readonly folder: string;
  readonly whole: string;
  readonly node: string;
  readonly entry: string;
};
export declare function installWorkbench(recipe: Recipe, log?: (line: string) => void): void;
export declare function installAll(log?: (line: string) => void): { ready: string[]; missing: string[] };
export declare function cacheFolder(): string;
