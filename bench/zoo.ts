// One network of Keras' zoo: opens it, and writes it pruned at random and, for comparison, whole with the same channels at
// zero, and what it answers itself. Called by zoo.py: node dist/bench-zoo.cjs MODEL PRUNED ZEROED INPUT ANSWER; INPUT and
// ANSWER are the raw numbers of 8 images and of the pruned network's outputs. Prints one JSON object.
import { readFile, writeFile } from 'node:fs/promises';
import { loadModel, saveModel } from '../src/formats/index.ts';
import { findGroups } from '../src/graph/channels.ts';
import { Random } from '../src/graph/random.ts';
import { prune, zeroRemoved } from '../src/graph/surgery.ts';
import { openBackend } from '../src/runtime/backend/open.ts';
import { runBackend } from '../src/runtime/scoring/agreement.ts';

async function main([file, pruned, zeroed, input, answer]: readonly string[]): Promise<void> {
  const model = await loadModel(file);
  const dependencies = findGroups(model.graph);
  const random = new Random(1);
  const kept = dependencies.groups.map((group) => {
    const all = Array.from({ length: group.size }, (_, c) => c);
    if (group.frozen !== undefined) return all;
    const stay = random.shuffle(all).slice(0, Math.max(1, Math.ceil(group.size / 2)));
    return stay.sort((a, b) => a - b);
  });
  const cut = prune(model.graph, model.weights, dependencies, kept);
  await saveModel(model, cut.graph, cut.weights, pruned);
  await saveModel(model, model.graph, zeroRemoved(model.graph, model.weights, dependencies, kept), zeroed);
  // the file that was written, not what was written into it
  const again = await loadModel(pruned);
  const images = new Float32Array(new Uint8Array(await readFile(input)).buffer);
  const backend = await openBackend({ prefer: 'auto', threads: 1 });
  const [outputs] = runBackend(backend, again.graph, again.weights, [images], 8);
  await writeFile(answer, new Uint8Array(outputs.buffer, outputs.byteOffset, outputs.byteLength));
  const free = dependencies.groups.filter((group) => group.frozen === undefined);
  const open = new Set(free.map((group) => group.index));
  const params = [cut.weights, model.weights].map((weights) =>
    [...weights.values()].reduce((sum, values) => sum + values.length, 0),
  );
  console.log(
    JSON.stringify({
      layers: new Set(model.graph.nodes.map((node) => node.layer)).size,
      groups: dependencies.groups.length,
      free: free.length,
      frozen: [
        ...new Set(dependencies.groups.filter((g) => !open.has(g.index)).map((group) => group.frozen)),
      ],
      removed: free.reduce((sum, group) => sum + group.size - kept[group.index].length, 0),
      left: params[0] / params[1],
    }),
  );
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
