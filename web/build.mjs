// node build.mjs OUTDIR: bundles the page into OUTDIR/index.html with OUTDIR/assets/*, whose names tell their content,
// and into OUTDIR/report.html, one file that needs no other. The same sources give the same bytes.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';

const limit = 150_000; // bytes of everything the page loads, compressed
const here = path => fileURLToPath(new URL(path, import.meta.url));

/** {js, css}: the bundle as text. */
export async function bundle() {
    const built = await esbuild.build({
        entryPoints: [here('src/main.tsx')], absWorkingDir: here('.'), outdir: 'out', bundle: true, minify: true,
        write: false, format: 'iife', target: ['es2021'], charset: 'utf8', legalComments: 'none',
        jsx: 'automatic', jsxImportSource: 'preact',
    });
    const text = suffix => built.outputFiles.find(file => file.path.endsWith(suffix)).text;
    return { js: text('.js').trimEnd(), css: text('.css').trimEnd() };
}

const template = () => readFileSync(here('index.html'), 'utf8');
// Functions as replacements: in text, `$&` and the like in a bundle would mean something.
const fill = (html, head, end) => html.replace('<!--head-->', () => head).replace('<!--end-->', () => end);

export function page({ js, css }, name = (stem, ext) => `${stem}.${ext}`) {
    const files = { [name('page', 'js', js)]: js, [name('page', 'css', css)]: css };
    const [script, style] = Object.keys(files);
    const html = fill(template(), `<link rel="stylesheet" href="assets/${style}">\n`
        + `<script src="assets/${script}" defer></script>`, '');
    return { html, files };
}

const sha256 = text => createHash('sha256').update(text).digest('base64');

export function report({ js, css }) {
    // Inside an element of HTML; the bundle has no other use of these words than in strings.
    const script = js.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
    const style = css.replaceAll('</', '<\\/');
    const policy = `default-src 'none'; script-src 'sha256-${sha256(script)}'; style-src 'sha256-${sha256(style)}'; `
        + `img-src data:; base-uri 'none'; form-action 'none'`;
    return fill(template(),
        `<meta http-equiv="Content-Security-Policy" content="${policy}">\n<style>${style}</style>`,
        '<script type="application/json" id="report-data"></script>\n' + `<script>${script}</script>`);
}

async function main(out) {
    const built = await bundle();
    const hashed = (stem, ext, text) =>
        `${stem}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.${ext}`;
    const { html, files } = page(built, hashed);
    rmSync(join(out, 'assets'), { recursive: true, force: true });
    mkdirSync(join(out, 'assets'), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(out, 'assets', name), text);
    writeFileSync(join(out, 'index.html'), html);
    writeFileSync(join(out, 'report.html'), report(built));
    const size = [html, ...Object.values(files)].reduce((sum, text) => sum + gzipSync(text).length, 0);
    console.log(`page: ${(size / 1000).toFixed(1)} kB compressed`);
    if (size > limit) throw new Error(`the page is larger than ${limit / 1000} kB compressed`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    if (process.argv.length !== 3) {
        console.error('usage: node build.mjs OUTDIR');
        process.exit(2);
    }
    await main(process.argv[2]);
}
