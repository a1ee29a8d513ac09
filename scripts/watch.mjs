// What `npm run watch` says. .vscode/tasks.json waits for these very lines, so that F5 starts with what was just built.

/** A plugin for so many bundles: says when work begins, and what came of it when none of them is at work any more. */
export function narrator(bundles) {
  const ended = new Set();
  const failing = new Set();
  let working = 0;
  return {
    name: 'narrator',
    setup(build) {
      build.onStart(() => {
        if (working++ === 0) console.log('[watch] building');
      });
      build.onEnd(({ errors }) => {
        working--;
        ended.add(build);
        if (errors.length) failing.add(build);
        else failing.delete(build);
        if (working > 0 || ended.size < bundles) return;
        console.log(`[watch] ${failing.size ? 'not built' : 'built'}, waiting for changes`);
      });
    },
  };
}
