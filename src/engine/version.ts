import { InputError } from '../graph/errors.ts';
import { protocolVersion } from '../protocol/contract.ts';

/** @throws InputError where the other side is of another version */
export function refuseOthers(protocol: number): void {
  if (protocol === protocolVersion) return;
  throw new InputError(
    `the editor's extension speaks version ${protocol} of Espalier's messages and this engine version ${protocolVersion}; reload the window, or install Espalier again`,
  );
}
