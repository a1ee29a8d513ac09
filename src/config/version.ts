import manifest from '../../package.json';

/** Version of Espalier that wrote a file. */
export const engineVersion: string = manifest.version;
