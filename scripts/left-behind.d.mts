export interface Process {
  readonly pid: number;
  readonly command: string;
}
export function processesOf(mark: string): Process[];
export function killAll(mark: string): Process[];
export function leftBehind(mark: string, seconds?: number): Promise<string[]>;
