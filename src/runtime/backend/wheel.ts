import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl from 'yauzl';
import { makeFolder } from '../../files/make-folder.ts';
import { withLock } from './cache.ts';
import { fixes } from './fixes.ts';
import { TENSORFLOW_VERSION } from './find.ts';
import { findPythons, pipArguments, pythonQuarters } from './python.ts';

/** A line for people; a passing one is replaced by the next (progress). */
export type Log = (line: string, passing?: boolean) => void;

/** A sentence for people, and what to do about it. */
export class CannotFetch extends Error {
  readonly fix: string;
  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

interface Wheel {
  readonly project: string;
  readonly platform: string;
  readonly sha256: string;
  readonly bytes?: number;
}

/** The wheels of TENSORFLOW_VERSION for CPython 3.11 (the libraries in them don't depend on Python's version). */
const wheels: Readonly<Record<string, Wheel>> = {
  'linux-x64': {
    project: 'tensorflow-cpu',
    platform: 'manylinux_2_27_x86_64',
    sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
    bytes: 273_829_956,
  },
  'linux-arm64': {
    project: 'tensorflow',
    platform: 'manylinux_2_27_aarch64',
    sha256: '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
  },
  'darwin-arm64': {
    project: 'tensorflow',
    platform: 'macosx_12_0_arm64',
    sha256: '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
  },
};

const NEEDED_BYTES = 1_400e6; // the wheel, and its libraries unpacked beside it

/** Of the wheel only these are kept: the libraries, and the headers that the addon includes. */
const WANTED =
  /^tensorflow\/(libtensorflow_(cc|framework)\.[\w.]+|include\/(tensorflow\/c|tensorflow\/core\/public|tensorflow\/core\/platform|tsl\/platform|xla\/tsl\/c)\/[\w./-]+\.h)$/;

/**
 * Puts TensorFlow's libraries into `folder`: pip fetches the wheel, its SHA-256 is checked, and the folder appears
 * whole or not at all. Does nothing where it is there.
 * @throws CannotFetch without a wheel for this platform, a Python with pip, room on the disk, or the network;
 * CannotCache where there is no place for it
 */
export async function fetchWheel(folder: string, log: Log): Promise<void> {
  const wheel = wheels[`${process.platform}-${process.arch}`];
  if (!wheel)
    throw new CannotFetch(
      `TensorFlow has no libraries for ${process.platform} ${process.arch} that can be fetched`,
      fixes.ownTensorflow,
    );
  await withLock(
    folder,
    async () => {
      if (existsSync(folder)) return;
      await fetchWhole(wheel, folder, log);
    },
    () => log('another process is fetching TensorFlow; waiting for it'),
  );
}

async function fetchWhole(wheel: Wheel, folder: string, log: Log): Promise<void> {
  const { bavail, bsize } = statfsSync(path.dirname(folder));
  if (bavail * bsize < NEEDED_BYTES)
    throw new CannotFetch(
      `${path.dirname(folder)} has ${megabytes(bavail * bsize)} free, and TensorFlow needs ${megabytes(NEEDED_BYTES)}`,
      'make room there, or set ESPALIER_CACHE to a folder on another disk',
    );
  // A finished download outlives an interrupted unpacking.
  const downloads = `${folder}.download`;
  const unpacked = `${folder}.partial`;
  rmSync(unpacked, { recursive: true, force: true });
  await makeFolder(downloads);
  let file = wheelIn(downloads);
  if (!file || (await sha256(file)) !== wheel.sha256) {
    rmSync(downloads, { recursive: true, force: true });
    await pipDownload(wheel, downloads, log);
    file = wheelIn(downloads);
    if (!file) throw new CannotFetch('pip ended without an error and without a wheel', fixes.setup);
    const found = await sha256(file);
    if (found !== wheel.sha256) {
      rmSync(downloads, { recursive: true, force: true });
      throw new CannotFetch(
        `${path.basename(file)} has SHA-256 ${found}, expected ${wheel.sha256}; it was deleted`,
        fixes.setup,
      );
    }
  }
  log('unpacking');
  await unpack(file, unpacked);
  rmSync(downloads, { recursive: true, force: true });
  renameSync(path.join(unpacked, 'tensorflow'), folder);
  rmSync(unpacked, { recursive: true, force: true });
}

function wheelIn(folder: string): string | null {
  const name = readdirSync(folder).find((file) => file.endsWith('.whl'));
  return name ? path.join(folder, name) : null;
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** A Python with pip, and pip's version as [major, minor]. */
async function findPip(): Promise<{ python: string; version: [number, number] }> {
  for (const python of findPythons([process.env.ESPALIER_PYTHON, 'python3', 'python', 'py'], process.env)) {
    try {
      const options = pythonQuarters(process.env);
      const { stdout } = await promisify(execFile)(python, pipArguments('--version'), options);
      const [, major, minor] = /^pip (\d+)\.(\d+)/.exec(stdout) ?? [];
      if (major) return { python, version: [Number(major), Number(minor)] };
    } catch {
      // No such Python, or one without pip.
    }
  }
  const fix =
    process.platform === 'linux'
      ? `sudo apt-get install python3-pip, then ${fixes.setup}`
      : `install Python, then ${fixes.setup}`;
  throw new CannotFetch('fetching TensorFlow needs a Python with pip, and none is on PATH', fix);
}

async function pipDownload(wheel: Wheel, folder: string, log: Log): Promise<void> {
  const { python, version } = await findPip();
  const requirement = `${wheel.project}==${TENSORFLOW_VERSION}`;
  log(`fetching ${requirement}${wheel.bytes ? ` (${megabytes(wheel.bytes)})` : ''} with pip, once`);
  // pip downloads into its temporary folder first; watching that works with every version of pip.
  const temporary = path.join(folder, 'pip');
  await makeFolder(temporary);
  const resumes = version[0] > 25 || (version[0] === 25 && version[1] >= 1);
  const options = [
    ...['download', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'],
    ...['--only-binary=:all:', '--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311'],
    ...['--platform', wheel.platform, '--retries', '5', '--dest', folder],
    ...(resumes ? ['--resume-retries', '5'] : []),
    requirement,
  ];
  const quarters = pythonQuarters(process.env);
  const env = {
    ...quarters.env,
    TMPDIR: temporary,
    TEMP: temporary,
    TMP: temporary,
    PIP_PROGRESS_BAR: 'off',
  };
  const child = spawn(python, pipArguments(...options), {
    ...quarters,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const watch = setInterval(() => {
    const bytes = folderBytes(folder);
    const share = wheel.bytes ? `${Math.min(100, Math.floor((100 * bytes) / wheel.bytes))} %, ` : '';
    log(`fetching TensorFlow: ${share}${megabytes(bytes)}`, true);
  }, 500);
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        if (code === 0) return resolve();
        const lines = errors.trim().split('\n');
        const reason =
          lines.findLast((line) => line.startsWith('ERROR')) ?? lines.at(-1) ?? String(signal ?? code);
        const fix = `check the network (and pip config, for a proxy or an own index), then ${fixes.setup}`;
        reject(new CannotFetch(`pip could not fetch ${requirement}: ${reason}`, fix));
      });
    });
  } finally {
    clearInterval(watch);
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Bytes of the largest file below: pip may hold the same download twice, in its temporary folder and beside it. */
function folderBytes(folder: string): number {
  try {
    let most = 0;
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) most = Math.max(most, statSync(path.join(entry.parentPath, entry.name)).size);
    return most;
  } catch {
    return 0; // a file that has just gone
  }
}

async function unpack(file: string, folder: string): Promise<void> {
  const zip = await promisify<string, yauzl.Options, yauzl.ZipFile>(yauzl.open)(file, { lazyEntries: true });
  const open = promisify<yauzl.Entry, NodeJS.ReadableStream>(zip.openReadStream.bind(zip));
  try {
    await new Promise<void>((resolve, reject) => {
      zip.on('error', reject);
      zip.on('end', resolve);
      zip.on('entry', (entry: yauzl.Entry) => {
        const name = entry.fileName;
        if (!WANTED.test(name) || name.includes('..')) return zip.readEntry();
        const target = path.join(folder, name);
        makeFolder(path.dirname(target))
          .then(() => open(entry))
          .then((stream) => pipeline(stream, createWriteStream(target, { mode: 0o644, flush: true })))
          .then(() => zip.readEntry(), reject);
      });
      zip.readEntry();
    });
  } finally {
    zip.close();
  }
}
