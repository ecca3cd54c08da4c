// node dev.mjs [AGENT] [PORT]: the page built anew at every load, with what it asks for taken from an agent
// (http://localhost:10853 unless given). For whoever works on the page.
import { createServer, request } from 'node:http';
import { bundle, page, report } from './build.mjs';

const agent = new URL(process.argv[2] ?? 'http://localhost:10853');
const port = Number(process.argv[3] ?? 10854);
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function proxy(from, to) {
    const asked = request({ host: agent.hostname, port: agent.port, method: from.method, path: from.url,
                            headers: { ...from.headers, host: agent.host } },
        answer => {
            to.writeHead(answer.statusCode, answer.headers);
            answer.pipe(to);
        });
    asked.on('error', error => {
        if (!to.headersSent) to.writeHead(502);
        to.end(String(error));
    });
    to.on('close', () => asked.destroy());
    from.pipe(asked);
}

const types = { js: 'text/javascript', css: 'text/css' };
const send = (to, type, text) => to.writeHead(200, { 'Content-Type': `${type}; charset=utf-8`,
    'Content-Security-Policy': policy, 'Cache-Control': 'no-store' }).end(text);

createServer(async (from, to) => {
    const path = new URL(from.url, 'http://localhost').pathname;
    try {
        if (path === '/') return send(to, 'text/html', page(await bundle()).html);
        if (path === '/report.html') return to.writeHead(200, { 'Content-Type': 'text/html' })
            .end(report(await bundle()));
        const name = path.replace(/^\/assets\//, '');
        const file = name !== path && page(await bundle()).files[name];
        if (file) return send(to, types[name.split('.').pop()], file);
    } catch (error) {
        return to.writeHead(500).end(String(error));
    }
    proxy(from, to);
}).listen(port, 'localhost', () => console.log(`http://localhost:${port} shows ${agent.origin}`));
