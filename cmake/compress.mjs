// node compress.mjs FILE...: beside each file FILE.gz, the same bytes for the same file.
import { readFileSync, writeFileSync } from 'node:fs';
import { constants, gzipSync } from 'node:zlib';

for (const path of process.argv.slice(2))
    writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: constants.Z_BEST_COMPRESSION }));
