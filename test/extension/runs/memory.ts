/** What VS Code remembers of a workspace: kept as text. */
export class Memory extends Map<string, unknown> {
  update(key: string, value: unknown): Promise<void> {
    if (value === undefined) this.delete(key);
    else this.set(key, JSON.parse(JSON.stringify(value)));
    return Promise.resolve();
  }
}
