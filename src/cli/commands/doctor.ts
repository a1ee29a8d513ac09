import { doctor as examine } from '../../runtime/backend/doctor.ts';
import { engineVersion } from '../../config/version.ts';
import type { Output } from '../output.ts';

/** `espalier doctor`: exit 1 where no backend can be had or a package does not work. */
export async function doctor(output: Output): Promise<number> {
  const report = await examine();
  output.data({ espalier: engineVersion, ...report });
  const memory = (report.memoryBytes / 2 ** 30).toFixed(0);
  output.print(`Espalier ${engineVersion}, Node ${report.node} on ${report.platform} ${report.arch}`);
  output.print(`${report.cpu}, ${report.cores} cores, ${memory} GB; cache ${report.cache}`);
  for (const { name, available, version, threads, why, fix } of report.engines) {
    const used = name === report.engine ? ', used' : '';
    const state = available ? `ok${used}` : 'not available';
    output.print(`${name.padEnd(18)} ${state}${version ? ` ${version}` : ''}, ${threads} threads: ${why}`);
    if (fix) output.print(`${' '.repeat(19)}to fix it: ${fix}`);
  }
  for (const { name, version, works, why, fix } of report.packages) {
    output.print(
      `${name.padEnd(18)} ${works ? 'ok' : 'does not work'}${version ? ` ${version}` : ''}${why ? `: ${why}` : ''}`,
    );
    if (fix) output.print(`${' '.repeat(19)}to fix it: ${fix}`);
  }
  return report.engine && report.packages.every(({ works }) => works) ? 0 : 1;
}
