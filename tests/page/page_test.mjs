// Run by page_test.py inside the server's namespace.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { casesOfTime } from './time_cases.mjs';
import { Agent, ask, close, complaints, get, hasGeo, here, hostile, instances, live, names, open, origin, quiet, sleep, startBrowser,
         startServer, tableOf, until, usual, view, wholeMinute } from './world.mjs';

const [program, analyser, ...words] = process.argv.slice(2);
const agent = new Agent(program);
let browser;
const at = (root, path) => path.split('.').reduce((node, part) => node?.[part], root);
const bucket = async (n, policy = 'default') => (await get(`/api/v1/policies/${policy}/metrics/bucket/${n}?extended=1`))[policy];

/** Enough of a minute is left for what is asked and read in it to be of one minute. */
async function freshMinute(seconds = 25) {
    await until('a minute with time left', async () => {
        const { period } = (await bucket(0))[instances.dns].dns;
        return period.length < 60 - seconds;
    }, 40);
}

/** Those that are zero as well. */
async function allCounters(page) {
    await page.waitForSelector('#counters');
    const zeros = page.getByRole('button', { name: /^Show \d+ that (is|are) zero$/ });
    if (await zeros.count()) await zeros.click();
}

async function sameMinute(check) { // once more when the minute changed meanwhile
    for (let i = 0; ; ++i) {
        const before = (await bucket(0))[instances.dns].dns.period.start_ts;
        try {
            return await check();
        } catch (error) {
            const now = (await bucket(0))[instances.dns].dns.period.start_ts;
            if (i || now === before) throw error;
            await freshMinute();
            await ask(usual);
            await quiet();
        }
    }
}

const cases = {
    async 'the first picture is painted at once, and there are charts'() {
        const page = await open(browser, '/');
        await live(page);
        const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0].startTime);
        console.log(`    first paint ${paint.toFixed(0)} ms`);
        assert.ok(paint < 500 || process.env.VISOR_SANITIZE, `first paint took ${paint} ms`);
        await page.waitForSelector('.card.vital canvas');
        await until('lines', () => page.evaluate(() => [...document.querySelectorAll('.plot')].filter(plot => {
            const canvas = plot.querySelector('canvas');
            // Of a copy: browsers remark on it when a page's own canvas is read again and again.
            const copy = document.createElement('canvas');
            Object.assign(copy, { width: canvas.width - 60, height: canvas.height - 30 });
            const drawn = copy.getContext('2d', { willReadFrequently: true });
            drawn.drawImage(canvas, -60, 0);
            const { data } = drawn.getImageData(0, 0, copy.width, copy.height);
            const seen = new Set(); // colours that are strong: not the grid's
            for (let i = 0; i < data.length; i += 4)
                if (data[i + 3] > 200 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 60)
                    seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
            return seen.size >= 2;
        }).length >= 4));
        const words = await page.getAttribute('.plot', 'aria-label');
        assert.match(words, /^Packets\. all: last .*mean .*at most /);
        await close(page);
    },

    async 'figures are those of the REST interface'() {
        await freshMinute();
        await ask(usual);
        await quiet();
        await sameMinute(async () => {
            for (const [key, instance] of [['packets', instances.net], ['dns', instances.dns]]) {
                const page = await open(browser, view('handler', instance));
                await live(page);
                await quiet();
                await allCounters(page);
                const told = (await bucket(0))[instance][key];
                const shown = await page.evaluate(() => [...document.querySelectorAll('[data-path]')].map(cell =>
                    [cell.dataset.path, cell.firstChild.textContent]));
                assert.ok(shown.length > 10);
                for (const [path, text] of shown) assert.equal(Number(text.replace(/,/g, '')), at(told, path), path);
                if (key === 'dns') {
                    const lists = { nxdomain: 'top_nxdomain', qname2: 'top_qname2', rcode: 'top_rcode' };
                    for (const [title, path] of Object.entries(lists)) {
                        const rows = await tableOf(page, title);
                        for (const item of told[path].slice(0, 10))
                            if (/^[\x21-\x7e]+$/.test(item.name)) assert.equal(rows[item.name], item.estimate, `${path} ${item.name}`);
                    }
                    const [{ count, min, max }] = [told.xact.in.quantiles_us];
                    const bars = await page.getAttribute('svg.bars', 'aria-label');
                    assert.match(bars, new RegExp(`: ${count.toLocaleString('en-US')} values`));
                    assert.ok(min <= max && await page.locator('svg.bars rect').count() > 1);
                }
                await close(page);
            }
        });
    },

    async 'the top NXDOMAIN name and the busiest address are seen at once'() {
        await freshMinute();
        await ask(usual);
        await quiet();
        await sameMinute(async () => {
            const page = await open(browser, '/');
            await live(page);
            await page.waitForSelector('.status.live');
            await quiet();
            const told = await bucket(0);
            const [first] = Object.keys(await tableOf(page, 'Top NXDOMAIN names'));
            assert.equal(first, told[instances.dns].dns.top_nxdomain[0].name);
            const [busiest] = Object.keys(await tableOf(page, 'Top talkers'));
            const all = [...told[instances.net].packets.top_ipv4, ...told[instances.net].packets.top_ipv6];
            assert.equal(busiest, all.sort((a, b) => b.estimate - a.estimate)[0].name);
            await page.keyboard.press('f'); // and its counts are a key away
            await page.waitForFunction(name => document.querySelector('h1 bdi')?.textContent === name, first);
            assert.match(await page.innerText('table.minutes'), /dns nxdomain/);
            await close(page);
        });
    },

    async 'hostile names are text'() {
        await freshMinute();
        await ask(hostile);
        await quiet();
        const listed = (await bucket(0))[instances.dns].dns.top_nxdomain.map(item => item.name);
        assert.ok(listed.length >= hostile.length, `${listed}`);
        const page = await open(browser, view('handler', instances.dns));
        await live(page);
        await until('the names', async () => Object.keys(await tableOf(page, 'nxdomain') ?? {}).length >= hostile.length);
        const shown = Object.keys(await tableOf(page, 'nxdomain'));
        for (const text of shown) assert.doesNotMatch(text, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b]/);
        assert.ok(shown.some(text => text.includes('<script>document.title="hit"</script>')), `${shown}`);
        assert.ok(shown.some(text => text.includes('<img src=x onerror=')));
        assert.ok(shown.some(text => /\\x07\\x1b|\\x1b/.test(text)) || !listed.some(name => name.includes('\u001b')));
        assert.ok(shown.some(text => text.includes('\\u202e')) || !listed.some(name => name.includes('\u202e')));
        assert.equal(await page.evaluate(() => document.querySelectorAll('main img, main script, main b b').length), 0);
        for (const name of listed) { // each by itself
            await page.goto(origin + view('name', name));
            await page.waitForSelector('table.minutes');
            const { heading, wide } = await page.evaluate(() => ({ heading: document.querySelector('h1').textContent,
                wide: document.documentElement.scrollWidth > innerWidth }));
            assert.ok(heading.length >= name.length && !wide, name);
        }
        await close(page);
        const phone = await open(browser, view('handler', instances.dns), { viewport: { width: 360, height: 740 } });
        await phone.waitForSelector('.top table');
        assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'a long name is too wide');
        await close(phone);
        assert.ok(names.long.join('.').length >= 250);
    },

    async 'axe has nothing to say, in light and dark, wide and narrow'() {
        const views = [view('overview'), view('handler', instances.dns), view('handler', instances.net), view('ledger'),
                       view('manage'), view('name', 'gone.nx.test')];
        for (const [colorScheme, viewport] of [['dark', { width: 1280, height: 900 }], ['light', { width: 390, height: 844 }]])
            for (const address of views) {
                const page = await open(browser, address, { colorScheme, viewport });
                await live(page);
                await page.waitForSelector('main .card, main .empty');
                if (address === view('manage')) {
                    await page.getByRole('button', { name: 'New policy' }).click();
                    await page.waitForSelector('.editor');
                }
                await page.waitForTimeout(300);
                assert.deepEqual(await complaints(page), [], `${address} ${colorScheme}`);
                assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${address} scrolls sideways`);
                await close(page);
            }
    },

    async 'keys do what the help says'() {
        const page = await open(browser, '/');
        await live(page);
        await page.keyboard.press('Tab');
        assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the figures');
        await page.keyboard.press('Enter');
        assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
        await page.keyboard.press('?');
        await page.waitForSelector('dialog[open]');
        assert.deepEqual(await complaints(page), []);
        await page.keyboard.press('Escape');
        await page.waitForSelector('dialog[open]', { state: 'detached' });
        const handlers = await page.locator('.tabs a').allInnerTexts();
        await page.keyboard.press('2');
        await page.waitForFunction(text => document.querySelector('[aria-current=page]')?.textContent === text, handlers[2]);
        await page.keyboard.press('m');
        await page.waitForFunction(() => document.querySelector('h1').textContent === 'Taps and policies');
        await page.keyboard.press('o');
        await page.keyboard.press('Space');
        await page.waitForSelector('.status.paused');
        const before = await page.innerText('.card.vital .big');
        await sleep(2200);
        assert.equal(await page.innerText('.card.vital .big'), before);
        await page.keyboard.press('Space');
        await page.waitForSelector('.status.live');
        await page.keyboard.press('t');
        assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'light');
        await close(page);
    },

    async 'nothing is drawn while nobody looks'() {
        const page = await open(browser, view('handler', instances.net));
        await live(page);
        await page.waitForSelector('#counters');
        const changes = () => page.evaluate(async () => {
            let n = 0;
            const watcher = new MutationObserver(seen => { n += seen.length; });
            watcher.observe(document.getElementById('page'), { subtree: true, childList: true, characterData: true, attributes: true });
            await new Promise(done => setTimeout(done, 3000));
            watcher.disconnect();
            return n;
        });
        assert.ok(await changes() > 0);
        await page.evaluate(() => Object.defineProperty(document, 'hidden', { get: () => true, configurable: true }));
        assert.equal(await changes(), 0);
        await page.evaluate(() => {
            Object.defineProperty(document, 'hidden', { get: () => false });
            document.dispatchEvent(new Event('visibilitychange'));
        });
        assert.ok(await changes() > 0);
        await close(page);
    },

    async 'without events it asks'() {
        let polls = 0;
        const page = await open(browser, '/', { expectErrors: true, before: async page => {
            await page.route('**/metrics/live', route => route.fulfill({ status: 503, body: '' }));
            page.on('request', request => { polls += Number(request.url().includes('bucket/0')); });
        } });
        await page.waitForSelector('.status.polling');
        await page.waitForSelector('.card.vital canvas');
        await until('polls', () => polls >= 3);
        await close(page);
    },

    async 'a handler nobody has heard of is drawn from its schema'() {
        const row = (path, kind, more = {}) => ({ path, kind, unit: '1', help: `help of ${path}`, prometheus: {
            compatible: `mqtt_${path}`, modern: [`pktvisor_mqtt_${path}`] }, ...more });
        const handler = { handler: 'mqtt', version: '1.0', key: 'mqtt', groups: [], rows: [
            row('published', 'counter'), row('clients', 'distinct count'), row('top_topics', 'top list', { label: 'topic' }),
            row('size', 'quantiles', { unit: 'By' }), row('rates.messages', 'rate', { unit: '{message}/s' }), row('news', 'kind to come')] };
        const cell = start => ({ period: { start_ts: start, length: 30 }, published: 1234, clients: 7, clients_bounds: { lower: 6, upper: 8 },
            top_topics: [{ name: 'home/door', estimate: 9, lower: 8, upper: 11 }], top_topics_bounds: { total: 20, unlisted_max: 3 },
            size: { p50: 10, p90: 20, p95: 30, p99: 40, count: 5, min: 1, max: 50, sum: 90, bins: [[8, 9, 3], [32, 38, 2]] },
            rates: { messages: { live: 3, seconds: { start_ts: start, values: [1, 2, 3] } } } });
        const page = await open(browser, '/#/default/handler/default-default-mqtt', { expectErrors: true, before: async page => {
            await page.route('**/metrics/live', route => route.fulfill({ status: 503, body: '' }));
            await page.route('**/metrics/schema', async route => {
                const answer = await (await route.fetch()).json();
                await route.fulfill({ json: { handlers: [...answer.handlers, handler] } });
            });
            await page.route('**/metrics/bucket/0?*', async route => {
                const answer = await (await route.fetch()).json();
                answer.default['default-default-mqtt'] = { mqtt: cell(answer.default[instances.dns].dns.period.start_ts) };
                await route.fulfill({ json: answer });
            });
        } });
        await page.waitForSelector('h1:has-text("mqtt 1.0")');
        const text = await page.innerText('main');
        for (const part of ['1,234', 'help of published', '6 – 8', 'home/door', '8 – 11', '45%', 'at most 3 each', '40 B', '3 msg/s'])
            assert.ok(text.includes(part), `${part} in ${text}`);
        assert.equal(await page.locator('svg.bars rect').count(), 2);
        await close(page);
    },

    async 'the editor shows where a mistake is, makes, replaces and deletes'() {
        const page = await open(browser, view('manage'), { expectErrors: true });
        await live(page);
        await page.getByRole('button', { name: 'New policy' }).click();
        const text = page.locator('.editor textarea');
        const right = (await text.inputValue()).replace('resolvers', 'made-here');
        const api = await get('/api/v1/openapi.json');
        const judges = JSON.stringify(api.paths['/api/v1/policies'].post).includes('dry_run');
        await text.fill(right.replace('type: dns', 'type: dnss'));
        if (judges) {
            await page.waitForSelector('.verdict.wrong');
            const line = (await text.inputValue()).split('\n').findIndex(one => one.includes('names:')) + 1;
            assert.match(await page.innerText('.verdict'), /Line \d+, column \d+: .*dnss.*the handlers are/s);
            const told = Number(/Line (\d+)/.exec(await page.innerText('.verdict'))[1]);
            assert.ok(told >= line && told <= line + 2, `line ${told}, not ${line}`);
            assert.equal(Number(await page.innerText('.gutter .wrong')), told);
            assert.ok(await page.getByRole('button', { name: 'Create' }).isDisabled());
        }
        assert.equal(Object.keys(await get('/api/v1/policies')).includes('made-here'), false);
        await text.fill(right);
        if (judges) await page.waitForSelector('.verdict.good');
        assert.equal(Object.keys(await get('/api/v1/policies')).includes('made-here'), false); // only looked at so far
        await text.fill(right + ['filter:', '  only_rcode: [3, SERVFAIL]', '  only_qname_suffix: [".te \\"st"]', 'metric_groups:',
            '  disable: [cardinality]', '  enable: [top_size]', ''].map(line => `            ${line}`).join('\n'));
        await page.keyboard.press('Escape'); // what is written is there after another look at the figures
        await page.keyboard.press('o');
        await page.waitForSelector('.card.vital');
        await page.keyboard.press('m');
        assert.match(await text.inputValue(), /made-here[^]*top_size/);
        await page.getByRole('button', { name: 'Create' }).click();
        await page.waitForSelector('.card h3 a:has-text("made-here")');
        const made = (await get('/api/v1/policies'))['made-here'].document;
        assert.deepEqual(made.handlers.modules.names.filter, { only_rcode: [3, 'SERVFAIL'].map(String), only_qname_suffix: ['.te "st'] });
        const card = page.locator('.card', { has: page.locator('h3 a:has-text("made-here")') });
        await card.getByRole('button', { name: 'Edit' }).click(); // what it is edited from is right as it is
        if (judges) await page.waitForSelector('.verdict.good');
        await page.getByRole('button', { name: 'Replace' }).click();
        await page.waitForSelector('.editor', { state: 'detached' });
        assert.deepEqual((await get('/api/v1/policies'))['made-here'].document, made); // all of it
        await card.getByRole('button', { name: 'Delete' }).click();
        assert.deepEqual(await complaints(page), []);
        await page.locator('dialog').getByRole('button', { name: 'Delete' }).click();
        await page.waitForSelector('.card h3 a:has-text("made-here")', { state: 'detached' });
        assert.equal((await get('/api/v1/policies'))['made-here'], undefined);
        await close(page);
    },

    async 'places are on a map'() {
        if (!hasGeo) return 'without the databases of the shared material';
        await freshMinute();
        await ask(usual);
        const page = await open(browser, view('handler', instances.net));
        await live(page);
        await page.waitForSelector('svg.map circle');
        const circle = await page.evaluate(() => [...document.querySelectorAll('svg.map a')].map(a =>
            [a.getAttribute('aria-label'), Number(a.firstChild.getAttribute('cx')), Number(a.firstChild.getAttribute('cy'))]));
        const london = circle.find(([label]) => label.includes('London'));
        assert.ok(london && Math.abs(london[1]) < 1 && Math.abs(london[2] + 51.5) < 1, JSON.stringify(circle));
        await close(page);
    },

    async 'curl and PromQL are copied'() {
        await freshMinute();
        await ask(usual);
        const page = await open(browser, view('handler', instances.dns), { permissions: ['clipboard-read', 'clipboard-write'] });
        await live(page);
        const copy = async (what, title = 'qname2') => {
            const card = page.locator('.card', { has: page.getByRole('heading', { name: title, exact: true }) });
            await card.locator('summary').first().click();
            await card.getByRole('button', { name: what, exact: true }).click();
            return page.evaluate(() => navigator.clipboard.readText());
        };
        const curl = await copy('Copy as curl');
        const answer = JSON.parse(execFileSync('sh', ['-c', curl], { encoding: 'utf8' }));
        assert.ok(answer.default[instances.dns].dns);
        assert.equal(await copy('Copy as PromQL'), 'topk(10, pktvisor_dns_top_qname2{policy="default"})');
        const promql = await copy('Copy as PromQL', 'Counters');
        assert.equal(promql, 'rate(pktvisor_dns_wire_packets_events_total{policy="default"}[5m])');
        const scrape = await (await fetch(`${origin}/metrics?format=modern`)).text();
        assert.ok(scrape.includes('\npktvisor_dns_wire_packets_events_total{'));
        await close(page);
    },

    async 'minutes held are shown, and compared'() {
        await wholeMinute();
        await ask(usual);
        const page = await open(browser, view('handler', instances.dns));
        await live(page);
        await page.waitForSelector('svg.heat');
        await until('the minutes', async () => await page.locator('.times select').first().locator('option').count() > 1);
        await page.keyboard.press('ArrowLeft');
        await page.waitForFunction(() => /t=\d+/.test(location.hash));
        const told = (await bucket(1))[instances.dns].dns;
        await allCounters(page);
        const shown = await page.innerText('[data-path="wire_packets.total"]');
        assert.equal(Number(shown.split('\n')[0].replace(/,/g, '')), told.wire_packets.total);
        // Faster than the browser tells of a new address: the second key starts from where the first went.
        await page.evaluate(() => [...'lc'].forEach(key =>
            document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))));
        await page.waitForSelector('td small.change');
        assert.match(await page.innerText('.banner'), /Changes are against/);
        await close(page);
    },

    ...casesOfTime(() => browser),

    async 'a lost agent is said, the last picture stays, and it comes back'() {
        const page = await open(browser, '/', { expectErrors: true });
        await page.waitForSelector('.status.live');
        await page.waitForSelector('.card.vital canvas');
        await agent.stop();
        try {
            await page.waitForSelector('.banner.bad', { timeout: 15_000 });
            assert.match(await page.innerText('.banner'), /does not answer since .* last picture/);
            assert.ok(await page.locator('.card.vital').count() > 4);
        } finally {
            await agent.start();
        }
        await page.waitForSelector('.status.live', { timeout: 30_000 });
        await page.waitForSelector('.banner.bad', { state: 'detached' });
        // The agent that is here now holds none of the minutes of the one before.
        await until('its minutes', async () => await page.locator('.times select').first().locator('option').count() === 1);
        await close(page);
    },

    async 'a report needs nothing but itself'() {
        const file = join(process.env.PAGE_WORK, 'report.html');
        if (!makeReport(file)) return 'this analyser writes no reports';
        const page = await open(browser, pathToFileURL(file).href);
        await page.waitForSelector('.card.vital canvas');
        assert.match(await page.innerText('.head'), /8,107 received/);
        assert.deepEqual(await complaints(page), []);
        const [busiest] = Object.entries(await tableOf(page, 'Top talkers'));
        assert.deepEqual(busiest, ['10.77.0.11', 1406]);
        await page.getByRole('link', { name: 'dns', exact: true }).click();
        await page.waitForSelector('svg.bars');
        await close(page);
    },
};

/** By the analyser; false when it writes none. */
function makeReport(file) {
    if (!/html/.test(execFileSync(analyser, ['--help'], { encoding: 'utf8' }))) return false;
    writeFileSync(file, execFileSync(analyser, ['--format', 'html', '-H', '10.77.0.2/32,fd77::2/128', here('../../examples/demo.pcap')],
        { stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 26 }));
    return true;
}

async function main() {
    const started = Date.now();
    await agent.start();
    const dns = await startServer();
    browser = await startBrowser();
    let failed = 0;
    await ask(usual);
    for (const [name, run] of Object.entries(cases)) {
        if (words.length && !words.some(word => name.includes(word))) continue;
        const began = Date.now();
        try {
            const skipped = await run();
            console.log(`${skipped ? 'skip' : 'ok  '} ${name}${skipped ? `: ${skipped}` : ''} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
        } catch (error) {
            ++failed;
            console.log(`FAIL ${name}\n${error.stack}`);
            for (const context of browser.contexts()) {
                console.log(context.pages().flatMap(page => page.faults ?? []).join('\n'));
                await context.close();
            }
        }
    }
    await browser.close();
    dns.close();
    await agent.stop();
    console.log(`${failed ? `${failed} failed` : 'all passed'} in ${((Date.now() - started) / 1000).toFixed(0)} s`);
    if (failed) console.log(Agent.log().split('\n').slice(-15).join('\n'));
    process.exit(failed ? 1 : 0);
}

await main();
