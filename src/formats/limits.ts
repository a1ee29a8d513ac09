/** A network's configuration, bytes of its JSON: the largest known, EfficientNet-L2's, has less than 5 MB. */
export const MAX_CONFIG = 16 * 2 ** 20;

/** Nodes of a network once models in models are laid out: twenty times what the largest networks of Keras have. */
export const MAX_NODES = 20_000;

/** Tensors that all nodes read together: dense connections of hundreds of layers stay far below. */
export const MAX_EDGES = 200_000;

/** Tensors that one node reads: a layer that joins more is made by nobody. */
export const MAX_FAN_IN = 4096;

/** Positions that all operations together name to take some of an axis: thousands of channels a hundred times. */
export const MAX_POSITIONS = 2 ** 22;

/** Questions put to an HDF5 file while one model is read; a network of 1,000 layers takes some 10,000. */
export const MAX_QUESTIONS = 500_000;

/** Groups in groups on the way to an array; each costs more the deeper it lies. Keras makes two for a model in a model. */
export const MAX_GROUPS_DEEP = 420;

/** A chunk of an HDF5 array, which is unpacked whole: programs that choose themselves take 1 MB. */
export const MAX_CHUNK = 64 * 2 ** 20;

/** Chunks of all arrays of an HDF5 file; each takes 2 kB to read. Those of 8 kB, h5py's smallest, would be 800 MB. */
export const MAX_CHUNKS = 100_000;

/** Attributes of one group or array: Keras writes three, and splits a list into parts of 64 kB, here 16 MB. */
export const MAX_ATTRIBUTES = 256;

/** Entries of a .keras file: Keras writes three, and an asset each for a few layers. */
export const MAX_ENTRIES = 10_000;

/** Shards of a TensorFlow.js model: at 4 MB each, 40 GB. */
export const MAX_SHARDS = 10_000;

/** Bytes of a model's files together that are hashed: eight times the largest file that is read. */
export const MAX_HASHED = 16 * 2 ** 30;

/** Weights in a TensorFlow.js manifest: five for each node that a network may have. */
export const MAX_WEIGHTS = 100_000;

/** What a small file's weights may take in memory, whatever it packs them into: VGG-16's 553 MB fit. */
const FREE_EXPANSION = 640 * 2 ** 20;

/**
 * Bytes that a file's arrays may take in memory: float16 doubles, and deflate makes of trained weights a tenth less;
 * what expands far more is zeros that nobody trained.
 */
export function roomFor(fileBytes: number): number {
  return Math.max(FREE_EXPANSION, 2 * fileBytes);
}

/** A number of bytes for a message: "9 kB", "1,024 MB". */
export function inWords(bytes: number): string {
  return bytes < 2 ** 20
    ? `${Math.ceil(bytes / 1024).toLocaleString('en-US')} kB`
    : `${Math.ceil(bytes / 2 ** 20).toLocaleString('en-US')} MB`;
}
