export async function work(_args: readonly string[]): Promise<number> {
  return 2;
}
