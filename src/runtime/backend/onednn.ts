import { readFileSync } from 'node:fs';

/** Whether TensorFlow's convolutions are oneDNN's, and who decided it. */
export interface OneDnn {
  /** null: nobody can say before the library is loaded, because Espalier leaves it to TensorFlow here */
  readonly on: boolean | null;
  /** what Espalier puts into the environment; undefined where the user or TensorFlow itself decides */
  readonly set: '1' | undefined;
  /** in words for people, fit to stand behind "oneDNN: " */
  readonly text: string;
}

/** The machine, as far as it matters here. */
export interface Processor {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** features as Linux names them; null where they can't be read */
  readonly flags: ReadonlySet<string> | null;
}

/** The features at which TensorFlow for Linux on x86 switches oneDNN on by itself (its IsMKLEnabled). */
const NEURAL = ['avx512_vnni', 'avx512_bf16', 'avx_vnni', 'amx_tile', 'amx_int8', 'amx_bf16'];

const SPELLED: Readonly<Record<string, boolean>> = { '0': false, false: false, '1': true, true: true };

/**
 * Says what becomes of TF_ENABLE_ONEDNN_OPTS. On x86 Espalier switches oneDNN on unless the user said otherwise: with
 * AVX2 alone training is up to twice as fast with it, and only with it is one speed and one set of kernels the same
 * on every processor. Elsewhere (ARM, macOS) nobody measured it, so TensorFlow decides.
 */
export function decideOneDnn(
  env: NodeJS.ProcessEnv = process.env,
  processor: Processor = thisProcessor(),
): OneDnn {
  const said = SPELLED[(env.TF_ENABLE_ONEDNN_OPTS ?? '').toLowerCase()];
  const asked = `TF_ENABLE_ONEDNN_OPTS=${env.TF_ENABLE_ONEDNN_OPTS} in your environment`;
  const limit = env.ONEDNN_MAX_CPU_ISA ? `, limited to ${env.ONEDNN_MAX_CPU_ISA} by ONEDNN_MAX_CPU_ISA` : '';
  if (processor.platform === 'darwin')
    return { on: false, set: undefined, text: 'none in TensorFlow for macOS' };
  if (said === false)
    return { on: false, set: undefined, text: `off (${asked}): training takes up to twice as long` };
  if (said === true) return { on: true, set: undefined, text: `on (${asked})${limit}` };
  if (processor.arch !== 'x64') return { on: null, set: undefined, text: 'as TensorFlow decides' };
  const { flags } = processor;
  const why =
    processor.platform === 'win32'
      ? 'set by Espalier; TensorFlow for Windows leaves it off'
      : flags && NEURAL.some((flag) => flags.has(flag))
        ? 'as TensorFlow has it on this processor'
        : 'set by Espalier; TensorFlow leaves it off on processors without VNNI, AVX-512 BF16 or AMX';
  return { on: true, set: '1', text: `on (${why})${limit}` };
}

/**
 * Puts the decision where the library will see it: Node writes process.env through to the process's own environment.
 * To be called before the library is loaded; it asks once. Calling it twice says the same of who decided.
 */
export function settleOneDnn(): OneDnn {
  settled ??= decideOneDnn();
  if (settled.set) process.env.TF_ENABLE_ONEDNN_OPTS = settled.set;
  return settled;
}

let settled: OneDnn | undefined;

/** This machine; its features from /proc/cpuinfo, which Linux alone has. */
export function thisProcessor(): Processor {
  const { platform, arch } = process;
  try {
    const line = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1];
    return { platform, arch, flags: line ? new Set(line.trim().split(/\s+/)) : null };
  } catch {
    return { platform, arch, flags: null };
  }
}
