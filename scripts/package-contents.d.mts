export declare const OWN: readonly RegExp[];
export declare const USEFUL: RegExp;
export declare const USELESS: RegExp;
export declare function packages(target: string | null): Readonly<Record<string, readonly string[]>>;
