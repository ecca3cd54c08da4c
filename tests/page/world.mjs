// What the cases share: the agent and its traffic, the browser, and what must hold on every page.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from './dns.mjs';

const { PAGE_PACKAGES: packages, PAGE_WORK: work, PAGE_CLIENT: client } = process.env;
const require = createRequire(join(packages, 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const here = path => fileURLToPath(new URL(path, import.meta.url));
export const sleep = ms => new Promise(done => setTimeout(done, ms));
export const port = 10853, origin = `http://localhost:${port}`;
const server = '10.77.0.2';

export async function until(what, check, seconds = 15) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
        const found = await check();
        if (found) return found;
        if (Date.now() > end) assert.fail(`waited ${seconds} s for ${what}`);
        await sleep(100);
    }
}

export async function get(path) {
    const answer = await fetch(origin + path);
    assert.equal(answer.status, 200, `${path}: ${answer.status}`);
    return answer.json();
}

const geo = () => {
    const folder = join(process.env.VISOR_SHARED ?? here('../../../shared'), 'fixtures/geo');
    const city = join(folder, 'GeoIP2-City-Test.mmdb'), asn = join(folder, 'GeoIP2-ISP-Test.mmdb');
    return existsSync(city) ? ['--geo-city', city, '--geo-asn', asn] : [];
};
export const hasGeo = geo().length > 0;

export class Agent {
    constructor(program) {
        this.program = program;
        process.on('exit', () => this.process?.kill('SIGKILL')); // however the tests end
    }

    async start() {
        const log = openSync(join(work, 'agent.log'), 'a');
        this.process = spawn(this.program, ['-p', port, '--admin-api', ...geo(), 'vs'], { stdio: ['ignore', log, log] });
        await until('the agent', () => fetch(`${origin}/livez`).then(answer => answer.ok, () => false));
    }

    async stop() {
        const ended = new Promise(done => this.process.once('exit', done));
        this.process.kill('SIGTERM');
        await ended;
    }

    static log() { return readFileSync(join(work, 'agent.log'), 'utf8'); }
}

const label = text => Buffer.from(text).toString('base64');
export const names = {
    script: ['<script>document.title="hit"</script>', 'nx', 'test'],
    image: ['"><img src=x onerror=window.hit=1>', 'nx', 'test'],
    quotes: [`'"\`\\&amp;<b>`, 'nx', 'test'],
    control: ['a\u0000b\u0007\u001b[31mc\td\r\ne\u007f', 'nx', 'test'],
    turned: ['\u202egpj.exe\u202c\u200b\u2066x', 'nx', 'test'],
    stacked: [`z${'\u0301'.repeat(20)}`, 'nx', 'test'],
    long: ['l'.repeat(63), 'm'.repeat(63), 'n'.repeat(63), 'o'.repeat(51), 'nx', 'test'],
    percent: ['%2e%2e/..?a=b#c', 'nx', 'test'],
};

/** Sends the questions from the client's namespace, and waits until they are all asked. */
export function ask(lines) {
    const file = join(work, 'questions');
    writeFileSync(file, lines.map(([from, name, times]) =>
        JSON.stringify({ from, name: name.map(label), times })).join('\n'));
    // Not at once: the server that answers is in this process.
    const asking = spawn('ip', ['netns', 'exec', client, 'node', here('dns.mjs'), server, file], { stdio: 'inherit' });
    return new Promise((done, fail) => asking.once('exit', code => (code ? fail(new Error(`dns.mjs: ${code}`)) : done())));
}

export const usual = [
    ['10.77.0.1', ['busy', 'test'], 60], ['10.77.0.10', ['www', 'site', 'test'], 25], ['10.77.0.11', ['api', 'site', 'test'], 12],
    ['10.77.0.1', ['gone', 'nx', 'test'], 40], ['10.77.0.12', ['broken', 'fail', 'test'], 5],
    ['10.77.0.12', ['secret', 'refused', 'test'], 3],
    ['81.2.69.142', ['london', 'test'], 9], ['89.160.20.112', ['linkoping', 'test'], 6], ['216.160.83.56', ['milton', 'test'], 4],
    ['175.16.199.1', ['changchun', 'test'], 2]];
export const hostile = Object.values(names).map(name => ['10.77.0.13', name, 7]);

export const startServer = () => serve(server);

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
               '--disable-component-update', '--disable-sync'];

export const startBrowser = () => chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });

/** A page that takes down whatever must not happen on it. */
export async function open(browser, address, options = {}) {
    const { expectErrors = false, before, ...context } = options;
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, ...context })).newPage();
    page.faults = [];
    page.on('pageerror', error => page.faults.push(`error: ${error}`));
    page.on('console', message => {
        if (/willReadFrequently/.test(message.text())) return; // of tests that look at canvases
        if (['error', 'warning'].includes(message.type()) && !expectErrors) page.faults.push(`console: ${message.text()}`);
    });
    page.on('request', request => {
        if (!/^(data|file):/.test(request.url()) && new URL(request.url()).origin !== origin)
            page.faults.push(`left the host: ${request.url()}`);
    });
    page.on('dialog', dialog => { page.faults.push(`dialog: ${dialog.message()}`); return dialog.dismiss(); });
    await page.addInitScript(() => {
        addEventListener('securitypolicyviolation', event =>
            console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
    });
    if (before) await before(page);
    await page.goto(/^\w+:/.test(address) ? address : origin + address);
    return page;
}

export async function close(page) {
    const hit = await page.evaluate(() => window.hit ?? (document.title.includes('hit') ? 'title' : undefined));
    assert.equal(hit, undefined, 'a name was run');
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.context().close();
    assert.deepEqual(page.faults, []);
}

export const view = (name, which = '') => `/#/default/${name}${which && `/${encodeURIComponent(which)}`}`;
export const instances = { net: 'default-default-net', dns: 'default-default-dns' };

export const live = page => page.waitForSelector('.status.live, .status.polling');
export const quiet = () => sleep(1600); // a picture that has all of it is a second away
export const wholeMinute = () => until('a whole minute',
    () => fetch(`${origin}/api/v1/policies/default/metrics/bucket/1`).then(answer => answer.ok), 65);

/** Complaints of axe, each with what it is about. */
export async function complaints(page) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    return violations.map(one => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map(node =>
        `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`).join(' | ')}`);
}

/** The figures of a table with that caption: {name: count}. */
export const tableOf = (page, caption) => page.evaluate(caption => {
    const table = [...document.querySelectorAll('table')].find(one => one.caption?.textContent === caption);
    return table && Object.fromEntries([...table.tBodies[0].rows].map(row =>
        [row.cells[0].querySelector('bdi, .esc').textContent, Number(row.cells[1].textContent.replace(/[^\d.-]/g, ''))]));
}, caption);
