// Writes src/land.ts, the coast lines the small map is drawn with: Natural Earth's land at 1:110 million (public
// domain), of which only what is larger than a few degrees is kept, to a degree. Run it by hand; the result is kept.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const world = JSON.parse(readFileSync(here('node_modules/world-atlas/land-110m.json')));
const { scale, translate } = world.transform;

const arcs = world.arcs.map(arc => {
    let x = 0, y = 0;
    return arc.map(([dx, dy]) => [(x += dx) * scale[0] + translate[0], (y += dy) * scale[1] + translate[1]]);
});
const points = index => (index < 0 ? [...arcs[~index]].reverse() : arcs[index]);
const ring = indices => indices.flatMap((index, i) => points(index).slice(i ? 1 : 0));

function rounded(line) {
    const out = [];
    for (const [x, y] of line) {
        const point = [Math.round(x), Math.round(-y)];
        const last = out[out.length - 1];
        if (!last || Math.hypot(last[0] - point[0], last[1] - point[1]) > 1.5) out.push(point);
    }
    return out;
}

// A coast that crosses the edge of the map goes on at the other: each side is a line of its own.
function parts(line) {
    const out = [[]];
    line.forEach((point, i) => {
        if (i && Math.abs(point[0] - line[i - 1][0]) > 180) out.push([]);
        out[out.length - 1].push(point);
    });
    if (out.length > 1 && out.length % 2) out[0].unshift(...out.pop()); // where the ring began is no edge
    return out;
}

const extent = line => Math.max(...[0, 1].map(i => {
    const along = line.map(point => point[i]);
    return Math.max(...along) - Math.min(...along);
}));

const polygons = world.objects.land.geometries.flatMap(land =>
    (land.type === 'Polygon' ? [land.arcs] : land.arcs).flatMap(polygon => parts(rounded(ring(polygon[0])))));
// The first point, then steps: shorter than points.
const steps = line => line.slice(1).map(([x, y], i) => `${x - line[i][0]} ${y - line[i][1]}`).join(' ');
const path = polygons.filter(line => line.length > 3 && extent(line) > 3)
    .map(line => `M${line[0].join(' ')}l${steps(line)}z`.replaceAll(' -', '-'));
const lines = path.join('').match(/.{1,100}/g).map(part => `    '${part}'`);
writeFileSync(here('src/land.ts'),
    '// Made by make_land.mjs from Natural Earth (public domain): land as an SVG path, x = longitude, y = -latitude.\n' +
    `export const land =\n${lines.join(' +\n')};\n`);
