import { doctor } from '../../runtime/backend/doctor.ts';
import { prepareTensorflow } from '../../runtime/backend/prepare.ts';
import { isRestricted, RESTRICTED } from '../../runtime/backend/restricted.ts';
import type { Result } from '../../protocol/contract.ts';
import type { Look } from '../../protocol/look.ts';

/** What this installation can do, in lines. */
export async function examine(): Promise<Result<Look, 'doctor'>> {
  const restricted = isRestricted();
  const report = await doctor();
  const used = report.engines.find(({ name }) => name === report.engine);
  const lines = [
    ...report.engines.map(({ name, available, version, threads, why }) => ({
      name,
      ok: available,
      text: `${version ? `${version}, ` : ''}${threads} threads: ${why}`,
    })),
    ...report.packages.map(({ name, version, works, why }) => ({
      name,
      ok: works,
      text: [version, why].filter(Boolean).join(': '),
    })),
    { name: 'node', ok: true, text: `${report.node} on ${report.platform} ${report.arch}` },
    { name: 'cpu', ok: true, text: `${report.cpu}, ${report.cores} cores` },
    { name: 'cache', ok: true, text: report.cache },
  ];
  const broken = [...report.engines, ...report.packages].find(({ fix }) => fix !== null);
  return {
    ...(restricted
      ? { backend: 'none', why: `backends are ${RESTRICTED}` }
      : { backend: used?.name ?? 'none', why: used?.why ?? 'no backend can be had on this machine' }),
    lines,
    fix: broken?.fix ?? null,
  };
}

/** Fetches or finds TensorFlow's libraries and builds its addon; `say` gets each line of progress. */
export async function setup(say: (text: string) => void): Promise<Result<Look, 'setup'>> {
  const { addon, why, fix } = await prepareTensorflow({ fetch: true, log: say });
  return { ready: addon !== null, why, fix };
}
