import type { Output } from '../output.ts';

/** `espalier doctor` */
export async function doctor(output: Output): Promise<number> {
  const { doctor: examine } = await import('../../runtime/doctor.ts');
  const report = await examine();
  output.data(report);
  if (!output.json) output.print(JSON.stringify(report, null, 2));
  return 0;
}
