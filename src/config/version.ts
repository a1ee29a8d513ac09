import manifest from '../../package.json';

/** Version of the engine that wrote a file. */
export const engineVersion: string = manifest.version;
