// Lets Chromium drive the sandbox's page: what a person does on it (steps.mjs), then what it
// looks like, on wide and narrow screens, in light and dark, each checked by axe-core.
//
// The sandbox's connection is on standard input, since it holds credentials. Arguments: the
// program `stratus`, a folder for the screenshots, and the browser.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { Service } from './service.mjs';
import { scene } from './scene.mjs';
import { steps, talk } from './steps.mjs';

const [, , stratus, folder, chromium] = process.argv;
const require = createRequire(path.resolve(process.env.PAGE_TOOLS, 'index.js'));
const puppeteer = require('puppeteer-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const service = new Service(JSON.parse(fs.readFileSync(0, 'utf8')), stratus);
const browser = await puppeteer.launch({
  executablePath: chromium,
  // CI runs as root, in a container without the kernel's namespaces.
  args: ['--no-sandbox', '--force-prefers-reduced-motion'],
});
const page = await browser.newPage();
page.setDefaultTimeout(10_000);

// Nothing may be refused by the policy, and no script may fail.
const complaints = [];
page.on('pageerror', (error) => complaints.push(error.message));
page.on('console', (message) => {
  const text = message.text();
  // A response that is an error on purpose, and connections that were refused.
  if (message.type() === 'error' && !/Failed to load resource|ERR_CONNECTION/.test(text)) {
    complaints.push(text);
  }
});

const elsewhere = http.createServer((_, response) => {
  response.setHeader('content-type', 'text/html');
  response.end('<!doctype html><title>Another site</title>');
});
await new Promise((ready) => elsewhere.listen(0, '127.0.0.1', ready));
const other = await browser.newPage();
await other.goto(`http://127.0.0.1:${elsewhere.address().port}/`);
await page.bringToFront();

const go = (to) => page.goto(service.page + to);

let count = 0;
let passed = 0;
async function run(name, work) {
  count += 1;
  try {
    await work();
    if (complaints.length) throw new Error(complaints.splice(0).join('; '));
    passed += 1;
    console.log(`ok    ${name}`);
  } catch (error) {
    console.log(`FAIL  ${name}: ${error.message}`);
    await page.screenshot({ path: `${folder}/failed-${count}.png` }).catch(() => {});
  }
}

const WIDE = { width: 1280, height: 800 };

// The first, so that its picture shows nothing else.
await run('a conversation as it might be', async () => {
  const address = await scene(browser, service);
  // A page behind another one listens to nothing.
  await page.bringToFront();
  await page.setViewport({ width: 1280, height: 760, deviceScaleFactor: 1.5 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
  await go(address);
  await page.waitForFunction(() => [...document.querySelectorAll('.picture img')]
    .every((image) => image.complete && image.naturalWidth > 1));
  await page.$eval('#bubbles', (log) => { log.scrollTop = log.scrollHeight; });
  await page.screenshot({ path: `${folder}/readme.png` });
  await service.control('DELETE', '/faults');
  await page.setViewport(WIDE);
});

const receiver = await service.receiver();
const context = { page, go, service, receiver, other, folder };
for (const { name, run: work } of steps) await run(name, () => work(context));

const NARROW = { width: 360, height: 720, hasTouch: true, isMobile: true };
const VIEWS = ['calls', 'webhooks', 'faults', 'service', 'connect'];
const LOOKS = [
  ...VIEWS.map((view) => [WIDE, view, talk(`&view=${view}`)]),
  [WIDE, 'empty', '/'],
  ...['phones', 'talk', 'inspect'].map((pane) => [NARROW, pane, talk().replace('pane=talk', `pane=${pane}`)]),
  [NARROW, 'faults', talk('&view=faults').replace('pane=talk', 'pane=inspect')],
  [NARROW, 'connect', talk('&view=connect').replace('pane=talk', 'pane=inspect')],
  [{ width: 820, height: 1000 }, 'tablet', talk()],
];

async function look(viewport, scheme, address) {
  await page.setViewport(viewport);
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await go(address);
  const name = `${viewport.width}-${scheme}`;
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wider > 0) throw new Error(`it is ${wider} pixels too wide`);
  // The page's policy forbids a script in the page; this one comes by the debugger.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const told = violations.map((it) => `${it.id} at ${it.nodes.map((node) => node.target).join(', ')}`);
  if (told.length) throw new Error(told.join('; '));
  return name;
}

for (const scheme of ['light', 'dark']) {
  for (const [viewport, what, address] of LOOKS) {
    await run(`${what} at ${viewport.width} px, ${scheme}`, async () => {
      const name = await look(viewport, scheme, address);
      await page.screenshot({ path: `${folder}/${what}-${name}.png` });
    });
  }
}

receiver.close();
elsewhere.close();
elsewhere.closeAllConnections();
await browser.close();
console.log(`steps=${count} passed=${passed}`);
process.exit(passed === count ? 0 : 1);
