// node screenshots.mjs OUT [REPORT]: pictures of the page for the documents, of the agent on this host's port 10853 and
// of a report. tools/screenshots.sh runs it beside real traffic. PAGE_PACKAGES: where npm installed package.json.
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [out, report] = process.argv.slice(2);
const require = createRequire(join(process.env.PAGE_PACKAGES, 'package.json'));
const { chromium } = require('playwright-core');
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', ignoreDefaultArgs: ['--hide-scrollbars'], args: ['--no-sandbox', '--disable-gpu',
    '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });

async function shoot(name, address, { colorScheme = 'dark', width = 1280, height = 860, before } = {}) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    const page = await context.newPage();
    await page.goto(/^file:/.test(address) ? address : `http://localhost:10853/${address}`);
    await page.waitForSelector('main .card');
    if (before) await before(page);
    await page.waitForTimeout(2500);
    await page.screenshot({ path: join(out, `${name}.png`) });
    await context.close();
    console.log(`${name}.png`);
}

async function mistake(page) {
    await page.getByRole('button', { name: 'New policy' }).click();
    const text = page.locator('.editor textarea');
    await text.fill((await text.inputValue()).replace('type: dns', 'type: dnss'));
    await page.waitForSelector('.verdict.wrong');
}

await shoot('page-overview', '#/default');
await shoot('page-handler', '#/default/handler/default-default-dns?t=w2', { colorScheme: 'light', height: 1000 });
await shoot('page-editor', '#/default/manage', { before: mistake, height: 800 });
await shoot('page-phone', '#/default', { width: 390, height: 844 });
if (report) await shoot('page-report', pathToFileURL(resolve(report)).href, { colorScheme: 'light' });
await browser.close();
