/** Files that class names are kept in, the likeliest first; `.txt` and `.csv` have one a line. */
const FILES: readonly RegExp[] = [
  /^metadata\.json$/,
  /^labels?\.(txt|csv|json|pbtxt)$/,
  /^class[_-]?names?\.(txt|csv|json)$/,
  /^classes\.(txt|csv|json)$/,
  /^class[_-]?labels?\.(txt|csv|json)$/,
  /^class[_-]?ind(ices|ex|exes)\.json$/,
  /^class[_-]?to[_-]?id(x)?\.json$/,
  /^(label|class)[_-]?map\.(txt|csv|json|pbtxt)$/,
  /^(id2label|label2id|categories|names)\.(txt|json)$/,
  /^config\.json$/,
];

/**
 * How likely a file holds a model's class names, by its name alone; null: it doesn't.
 * @param stem the model's name without its ending: `cnn4.labels.txt` is the label file of cnn4.h5 alone
 */
export function labelRank(name: string, stem: string): number | null {
  const own = ownPart(name, stem);
  const rank = FILES.findIndex((pattern) => pattern.test((own ?? name).toLowerCase()));
  return rank < 0 ? null : own === null ? FILES.length + rank : rank;
}

/** `labels.txt` of `cnn4.labels.txt`, `cnn4_labels.txt`, where cnn4 is the model; null where the name isn't its own. */
export function ownPart(name: string, stem: string): string | null {
  const rest = name.slice(stem.length);
  return name.startsWith(stem) && /^[._-]./.test(rest) ? rest.slice(1) : null;
}

const KEYS = [
  'labels',
  'class_names',
  'classNames',
  'classes',
  'class_labels',
  'id2label',
  'label2id',
  'class_indices',
  'class_to_idx',
  'label_map',
  'names',
  'categories',
];

/** Whether so many names can be those of a network. */
export type Fits = (names: number) => boolean;

/**
 * Class names by output, from the JSON of a label file: a list; {"0": "cat"}; {"cat": 0} (Keras' class_indices); a list
 * of {id, name}; or one of these under a name like "labels" or "id2label". Numbers from 1, numbers in quotes and a list of
 * {name} only where there are as many as the network has classes. Undefined for any other JSON.
 * @param loose take those forms also where the names stand under no such name
 */
export function namesInJson(
  json: unknown,
  fits: Fits = () => false,
  loose = true,
  deep = 0,
): readonly string[] | undefined {
  if (Array.isArray(json)) return namesInList(json, fits);
  if (typeof json !== 'object' || json === null || deep > 2) return undefined;
  const record = json as Record<string, unknown>;
  for (const key of KEYS) {
    const found = Object.hasOwn(record, key) ? namesInJson(record[key], fits, true, deep + 1) : undefined;
    if (found) return found;
  }
  const entries = Object.entries(record);
  const byKey = entries.map(([key, value]) => [numberIn(key), nameOf(value)] as const);
  const strict = inOrder(byKey) ?? inOrder(entries.map(([key, value]) => [value, key]));
  if (strict || !loose || !fits(entries.length)) return strict;
  const byValue = entries.map(([key, value]) => [numberIn(value), key] as const);
  return inOrder(lessOne(byKey)) ?? inOrder(byValue) ?? inOrder(lessOne(byValue));
}

function namesInList(list: readonly unknown[], fits: Fits): readonly string[] | undefined {
  if (list.length > 0 && list.every((one) => typeof one === 'string')) return list;
  const named = list.map((one) => {
    const { id, index, name, label } = (one ?? {}) as Record<string, unknown>;
    return [id ?? index, nameOf(name ?? label)] as const;
  });
  const strict = inOrder(named);
  if (strict || !fits(list.length)) return strict;
  if (named.every(([id]) => id === undefined)) return inOrder(named.map(([, name], i) => [i, name]));
  const numbers = named.map(([id, name]) => [numberIn(id), name] as const);
  return inOrder(numbers) ?? inOrder(lessOne(numbers));
}

/** A whole number, also in quotes; null for anything else. */
function numberIn(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : null;
}

function lessOne(pairs: readonly (readonly [number | null, unknown])[]): [number | null, unknown][] {
  return pairs.map(([number, name]) => [number === null ? null : number - 1, name]);
}

/** A name, or the last of several: ImageNet's are ["n02123045", "tabby"]. */
function nameOf(value: unknown): unknown {
  return Array.isArray(value) ? value.at(-1) : value;
}

/** Names by their numbers, which must be 0, 1, 2, ... */
export function inOrder(pairs: readonly (readonly [unknown, unknown])[]): readonly string[] | undefined {
  const names = new Array<string>(pairs.length);
  for (const [number, name] of pairs) {
    if (typeof name !== 'string' || name === '') return undefined;
    if (typeof number !== 'number' || !Number.isInteger(number) || !(number >= 0 && number < pairs.length))
      return undefined;
    if (names[number] !== undefined) return undefined;
    names[number] = name;
  }
  return names.length > 0 ? names : undefined;
}

/** Whether a file is for class names alone, by its name: not one that may hold other things and no names. */
export function isForNames(name: string, stem: string): boolean {
  return !/^(metadata|config)\.json$/i.test(ownPart(name, stem) ?? name);
}

/** The key of a JSON object that class names stand under, where it has one. */
export function labelKey(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  return KEYS.find((key) => Object.hasOwn(json, key));
}
