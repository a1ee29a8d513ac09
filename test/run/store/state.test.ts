import { expect, test } from 'vitest';
import { InputError } from '../../../src/graph/errors.ts';
import { readState } from '../../../src/run/store/state.ts';

const read = (text: string) => readState({ json: JSON.parse(text) as unknown, arrays: new Map() }).state;

/** As a run stopped within a control arm's fine-tuning wrote it when the state had schemas of its own. */
const before = `{"seq":48,"seconds":0.125,"prepared":true,
"budgets":[{"metric":"macs","limit":48512,"original":97024},
{"metric":"script","limit":110,"original":220,"command":"wc -c {model}"}],
"proxy":48000,"tightened":0.9,
"original":{"validation":{"accuracy":83.91768944620969,"loss":0.839176894462097,"images":100},
"test":{"accuracy":36.159534071843375,"loss":0.36159534071843374,"images":100,"measure":"top-1 of sigmoids",
"outputs":[{"name":"boxes","loss":"mean squared error","value":0.25}]}},
"arms":[{"name":"drawn","step":"done","tries":1,"scores":{"cut":{"accuracy":3.8453286641201703,"loss":0.038,"images":100},
"recalibrated":{"accuracy":62.12275519815157,"loss":0.62,"images":100},
"fineTuned":{"accuracy":82.24689110574255,"loss":0.82,"images":100},
"test":{"accuracy":26.506891105742543,"loss":0.26,"images":100}},
"computedBy":{"backend":"wasm","version":"1.0","threads":1,"mixed":true},
"candidate":{"id":4,"origin":"drawn 4.713614328298718","architecture":[2,3],"kept":[[0,6],[0,1,2]],
"cost":{"macs":47232,"params":2639,"bytes":10556,"peakActivationBytes":4096},
"accuracies":{"recalibrated":89.33446408426681},"reward":0.9833616021066703},"weights":"source","recalibrated":true},
{"name":"other","step":"fine-tune","tries":0,"scores":{"cut":{"accuracy":1.28,"loss":0.01,"images":100}},
"candidate":{"id":8,"origin":"other","architecture":[1,1],"kept":[[0],[2]],
"cost":{"macs":47520,"params":2063,"bytes":8252,"peakActivationBytes":4096},"accuracies":{}},"weights":"generated"},
{"name":"scratch","step":"method","tries":0,"scores":{}}],
"plan":"94815c5e","images":"dddd",
"preprocess":{"name":"unit","scale":[0.00392156862745098],"offset":[0],"bgr":false,"resize":"pil-bicubic-crop"},
"classes":["b","a"],
"computedBy":{"backend":"tensorflow","version":"2.16.2","threads":2,"processor":"x64 avx512bw","options":{"TF_ENABLE_ONEDNN_OPTS":"1"}},
"inner":{"kind":"train:other","random":[1,2,3,4],"json":{"step":3}},
"extras":[{"name":"drawn#2","step":"cut","tries":0,"scores":{}}],
"innerExtra":{"kind":"train:drawn#2","json":null}}`;

/** As the first version wrote it: no backend, no images' stamp, no resizing. */
const first = `{"seq":3,"seconds":1.5,"prepared":true,"found":"as asked",
"preprocess":{"name":"unit","scale":[0.00392156862745098],"offset":[0],"bgr":false},
"budgets":[{"metric":"latency","limit":2,"original":4}],"proxy":48000,
"original":{"validation":{"accuracy":83.5,"loss":0.8,"images":100}},
"arms":[{"name":"uniform","step":"cut","tries":0,"scores":{},
"candidate":{"id":0,"origin":"uniform","architecture":[1],"kept":[[0]],
"cost":{"macs":1,"params":2,"bytes":8,"peakActivationBytes":4},"accuracies":{}}}]}`;

test('a checkpoint is read as older versions wrote it, and gives the same when it is written again', () => {
  for (const text of [before, first]) expect(read(text)).toStrictEqual(JSON.parse(text));
});

test('a measured number that is none (a diverged loss) is none again after a stop', () => {
  const state = read(first);
  state.arms[0].scores.cut = { accuracy: 25, loss: NaN, images: 100 };
  state.arms[0].candidate!.reward = NaN;
  const [arm] = read(JSON.stringify(state)).arms;
  expect(arm.scores.cut).toEqual({ accuracy: 25, loss: NaN, images: 100 });
  expect(arm.candidate!.reward).toBeNaN();
});

test('what is no checkpoint of a version known here is refused in one sentence', () => {
  for (const change of [
    { seq: -1 },
    { budgets: [{ metric: 'watts', limit: 1, original: 2 }] },
    { arms: [{ name: 'l1', step: 'polish', tries: 0, scores: {} }] },
    { original: { validation: { accuracy: '83', loss: 1, images: 1 } } },
  ])
    expect(() => read(JSON.stringify({ ...(JSON.parse(first) as object), ...change }))).toThrow(InputError);
});
