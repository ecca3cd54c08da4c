// Cases of page_test.mjs: what is shown of which tap, policy and time while the agent goes on.
import assert from 'node:assert/strict';
import { ask, close, complaints, live, open, origin, quiet, sleep, tableOf, until, usual, wholeMinute } from './world.mjs';

/** `browser`: called once it is there. */
export const casesOfTime = browser => ({
    async 'a pause stands still, and asks for nothing'() {
        let later = 0, asked = 0;
        const page = await open(browser(), '/', { expectErrors: true, before: async page => {
            await page.route('**/metrics/live', route => route.fulfill({ status: 503, body: '' }));
            await page.route('**/metrics/bucket/0?*', async route => { // a minute later when told so
                const answer = await (await route.fetch()).json();
                for (const [instance, kinds] of Object.entries(answer.default))
                    if (instance !== 'ledger') for (const one of Object.values(kinds)) one.period.start_ts += later;
                await route.fulfill({ json: answer });
            });
            page.on('request', request => { asked += Number(/bucket\/[1-9]|window/.test(request.url())); });
        } });
        await page.waitForSelector('.status.polling');
        await page.waitForSelector('.card.vital canvas');
        await quiet();
        await page.keyboard.press('Space');
        await page.waitForSelector('.status.paused');
        const words = () => page.getAttribute('.plot', 'aria-label');
        const before = await words();
        [later, asked] = [60, 0];
        await ask(usual.slice(0, 2));
        await sleep(3000);
        assert.equal(await words(), before);
        assert.equal(asked, 0);
        await page.keyboard.press('Space');
        await until('it goes on', async () => await words() !== before && asked > 0);
        await close(page);
    },

    async 'several taps: all together, or one'() {
        const post = async (path, document) => assert.equal((await fetch(origin + path, { method: 'POST', body: document,
            headers: { 'Content-Type': 'application/x-yaml' } })).status, 201);
        const tap = (name, iface) => post('/api/v1/taps',
            `visor: {taps: {${name}: {input_type: pcap, config: {iface: ${iface}, host_spec: 10.77.0.2/32}, tags: {test: both}}}}`);
        await tap('one-more', 'vs');
        await tap('other', 'lo');
        await post('/api/v1/policies', `visor: {policies: {both: {kind: collection, input: {tap_selector: {any: [{test: both}]},
            input_type: pcap}, handlers: {modules: {dns: {type: dns, require_version: "2.0"}, net: {type: net, require_version: "2.0"}}}}}}`);
        await ask(usual.slice(0, 4));
        const page = await open(browser(), '/#/both');
        await live(page);
        const taps = page.locator('.pick.tap select');
        await until('its figures', async () => (await tableOf(page, 'Top NXDOMAIN names'))?.['gone.nx.test'] === 40);
        assert.equal(await page.locator('.tabs a').count(), 7);
        assert.deepEqual(await taps.locator('option').allInnerTexts(), ['all 3 taps', 'tap default', 'tap one-more', 'tap other']);
        const received = async () => Number((await page.innerText('.ledger')).match(/([\d,]+)\s+received/)[1].replace(/,/g, ''));
        const all = await received();
        await taps.selectOption('one-more');
        await until('the tap alone', async () => await page.locator('.tabs a').count() === 5);
        assert.ok(await received() < all, 'loopback is left out'); // which has this page's own frames
        assert.equal((await tableOf(page, 'Top NXDOMAIN names'))['gone.nx.test'], 40);
        await taps.selectOption('other');
        await until('what it has', async () => !(await tableOf(page, 'Top NXDOMAIN names')));
        assert.match(await page.innerText('main'), /No DNS replies yet/);
        assert.deepEqual(await complaints(page), []);
        await taps.selectOption('default');
        await until('a policy of that tap', async () => await page.locator('.pick:not(.tap) select').inputValue() === 'default');
        await close(page);
        await fetch(`${origin}/api/v1/policies/both`, { method: 'DELETE' });
        for (const name of ['one-more', 'other']) assert.equal((await fetch(`${origin}/api/v1/taps/${name}`, { method: 'DELETE' })).status, 200);
    },

    async 'what is known by the minute alone is said to be'() {
        await wholeMinute();
        const page = await open(browser(), '/');
        await live(page);
        const words = title => page.locator('.card', { has: page.getByRole('heading', { name: title, exact: true }) })
            .locator('.plot').getAttribute('aria-label');
        await until('the minutes', async () => /Only means of minutes are known from/.test(await words('DNS queries')));
        assert.doesNotMatch(await words('Packets'), /means of minutes/); // which has its seconds
        assert.match(await page.innerText('.card.vital:has(h2:text-is("DNS queries"))'), /minute means/);
        await close(page);
    },

    async 'a policy chosen while minutes of another are on their way gets its own'() {
        await wholeMinute();
        let asked = false;
        const page = await open(browser(), '/', { before: page => page.route('**/default/metrics/bucket/1?*', async route => {
            asked = true;
            await sleep(2500);
            await route.continue().catch(() => {});
        }) });
        await live(page);
        await page.waitForSelector('.card.vital');
        await until('minutes are asked for', () => asked);
        await page.keyboard.press('p');
        await page.waitForFunction(() => /resources/.test(document.title));
        await until('its minutes', async () => await page.locator('.times select').first().locator('option').count() > 1, 8);
        await close(page);
    },
});
