// What a person does on the page, step by step. Each step is one promise to its reader.
import fs from 'node:fs';

const PHONE = '+13035550123';

function check(truth, words) {
  if (!truth) throw new Error(words);
}

// One pixel; a browser that shows it knows its size.
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

const talk = (query = '') => `/?phone=${encodeURIComponent(PHONE)}&pane=talk${query}`;
const bubble = (text) => `::-p-xpath(//article[contains(., ${JSON.stringify(text)})])`;
const button = (words) => `::-p-xpath(//button[contains(., ${JSON.stringify(words)})])`;

const steps = [];
const step = (name, run) => steps.push({ name, run });

step('the page opens, and says that it is live', async ({ page, go }) => {
  await go('/');
  await page.waitForFunction(() => document.getElementById('connection').textContent === 'Live');
});

step('a text sent through the SDK appears within a second', async ({ page, go, service }) => {
  await go('/');
  const took = [];
  // The best of three: the machine may be busy with something else.
  for (const text of ['Your order is ready.', 'It waits for you.', 'See you soon.']) {
    check(await service.send(PHONE, text) === 0, 'the text was not sent');
    const since = performance.now();
    await page.waitForSelector(`::-p-xpath(//ul[@id="phone-list"]//a[contains(., ${JSON.stringify(text)})])`);
    took.push(performance.now() - since);
  }
  check(Math.min(...took) < 1000, `it took ${took.map(Math.round).join(', ')} ms`);
});

step('the phone opens by a click', async ({ page }) => {
  await page.click('#phone-list a');
  await page.waitForSelector(bubble('Your order is ready.'));
  check(page.url().includes('phone='), 'the address does not name the phone');
});

step('a typed reply arrives at a webhook receiver', async ({ page, receiver, service }) => {
  await page.type('[data-compose] textarea', 'When do you close?');
  await page.keyboard.press('Enter');
  await page.waitForSelector(bubble('When do you close?'));
  const event = await receiver.next();
  const id = event.messageInfo.messageId;
  const message = await (await service.call('GET', `/message/getmessagebyid/${id}`)).json();
  check(message.text === 'When do you close?' && message.from === PHONE, 'another message arrived');
  const left = await page.$eval('[data-compose] textarea', (field) => field.value);
  check(left === '', 'the text is still in its field');
});

step('a draft stays when something else happens', async ({ page, service, receiver }) => {
  await page.type('[data-compose] textarea', 'Half a sent');
  await service.control('POST', '/customer/messages',
    { from: '+12135550199', to: service.at.number, text: 'Meanwhile' });
  await page.waitForSelector('::-p-xpath(//ul[@id="phone-list"]//a[contains(., "Meanwhile")])');
  const draft = await page.$eval('[data-compose] textarea', (field) => field.value);
  check(draft === 'Half a sent', `the draft is ${JSON.stringify(draft)}`);
  check(await page.evaluate(() => document.activeElement.tagName) === 'TEXTAREA', 'the focus is elsewhere');
  await page.$eval('[data-compose] textarea', (field) => { field.value = ''; });
  await receiver.next();
});

step('pictures of both sides are shown', async ({ page, service, receiver, folder }) => {
  const file = `${folder}/picture.png`;
  fs.writeFileSync(file, PIXEL);
  const field = await page.$('[data-compose] input[type=file]');
  await field.uploadFile(file);
  await page.click('[data-compose] .primary');
  await page.waitForSelector('.bubble.customer .picture img');
  await receiver.next();
  const sent = await service.sendPicture(PHONE, 'A picture for you', PIXEL, 'poster.png');
  check(sent.ok, 'the MMS was rejected');
  await page.waitForSelector('.bubble.program .picture img');
  await page.waitForFunction(() => [...document.querySelectorAll('.picture img')]
    .every((image) => image.complete && image.naturalWidth === 1));
});

step('STOP changes the state, and START changes it back', async ({ page, receiver }) => {
  await page.click(button('STOP'));
  await page.waitForSelector('#talk-head .badge.stop');
  await page.waitForSelector('#phone-list a[aria-current] .badge.stop');
  await page.click(button('START'));
  await page.waitForFunction(() => !document.querySelector('#talk-head .badge.stop, a[aria-current] .badge.stop'));
  await page.click(button('HELP'));
  await page.waitForSelector(bubble('HELP'));
  for (let count = 0; count < 3; count += 1) await receiver.next();
});

step('a text with markup stays text', async ({ page, service, receiver }) => {
  const text = '<script>document.title="stolen"</script><img src=x onerror=alert(1)>';
  await service.control('POST', '/customer/messages', { from: PHONE, to: service.at.number, text });
  await receiver.next();
  await page.waitForSelector(bubble('<script>'));
  const shown = await page.$$eval('.bubble .text', (all) => all.map((one) => one.textContent));
  check(shown.includes(text), 'the text is changed');
  check(await page.title() !== 'stolen', 'the script ran');
});

step('the ledger shows a call with its query and its response', async ({ page, go }) => {
  await go(talk());
  const call = await page.waitForSelector('::-p-xpath(//details[starts-with(@id, "call-")][contains(., "sendMms")])');
  await call.$eval('summary', (summary) => summary.click());
  const text = await call.evaluate((details) => details.innerText);
  check(text.includes('A picture for you') && text.includes('Processed'), `it shows ${text}`);
});

step('calls are filtered by conversation', async ({ page, go, service }) => {
  await service.send('+12135550177', 'To somebody else');
  await go(talk());
  const count = () => page.$$eval('#call-list details', (all) => all.length);
  const all = await count();
  await page.click('#filter a:not([aria-current])');
  await page.waitForFunction((before) => {
    const now = document.querySelectorAll('#call-list details').length;
    return now > 0 && now < before;
  }, {}, all);
});

step('an event is delivered again', async ({ page, go, receiver }) => {
  await go(talk('&view=webhooks'));
  await page.click('#delivery-list summary');
  const uuid = await page.$eval('#delivery-list details[open] button', (it) => it.value);
  await page.click('#delivery-list details[open] button');
  check((await receiver.next()).uuid === uuid, 'another event arrived');
});

step('the next send fails, and the one after it does not', async ({ page, go, service }) => {
  await go(talk('&view=faults'));
  await page.select('select[name=fault]', 'reset-after');
  await page.click(button('Fail the next one'));
  await page.waitForSelector('#switches button');
  check(await service.send(PHONE, 'Nobody knows') === 7, 'the outcome is not unknown');
  await page.waitForFunction(() => !document.querySelector('#switches button'));
  check(await service.send(PHONE, 'Everybody knows') === 0, 'the fault is still there');
});

step('a storm of 429 is switched on, and off by one click', async ({ page, service }) => {
  await page.click(button('A storm of 429'));
  await page.waitForSelector('#switches button');
  const busy = await service.call('GET', '/contact/all');
  check(busy.status === 429, `the status is ${busy.status}`);
  await page.click('#switches button');
  await page.waitForFunction(() => !document.querySelector('#switches button'));
  check((await service.call('GET', '/contact/all')).ok, 'it still fails');
});

step('the clock moves, and is shown until it is set back', async ({ page, service }) => {
  const token = await service.token();
  const with_token = () => fetch(`${service.at.api_base}/contact/all`,
    { headers: { authorization: `Bearer ${token}`, 'x-api-key': service.at.api_key } });
  check((await with_token()).ok, 'the token is not valid');
  await page.click(button('+ 1 day'));
  await page.waitForSelector(button('clock ahead by 1 d'));
  check((await with_token()).status === 401, 'the token is still valid');
  await page.click('#switches button');
  await page.waitForFunction(() => !document.querySelector('#switches button'));
});

step('tokens are revoked', async ({ page }) => {
  await page.click(button('Revoke the access tokens'));
  await page.waitForFunction(() => document.getElementById('token-count').textContent.includes('tokens: 0;'));
});

step('connections are refused, and come back', async ({ page, service }) => {
  await page.$eval('input[name=seconds]', (field) => { field.value = '1'; });
  await page.click(button('Refuse connections'));
  let refused = false;
  while (!refused) refused = await fetch(service.page).then(() => false, () => true);
  while (await fetch(service.page).then(() => false, () => true));
  await page.waitForFunction(() => document.getElementById('connection').textContent === 'Live');
});

step('a setting is changed, shown, and set back', async ({ page, go, service }) => {
  await go(talk('&view=service'));
  await page.$eval('input[name="deliveries.attempts"]', (field) => { field.value = '5'; });
  await page.click('[action="/page/settings"] .primary');
  await page.waitForSelector(button('Webhook attempts: 5'));
  const settings = await service.control('GET', '/settings');
  check(settings.deliveries.attempts === 5, 'the setting is as before');
  check(settings.allow_machine_subscriptions === true, 'another setting is changed');
  await page.click(button('Webhook attempts: 5'));
  await page.waitForFunction(() => !document.querySelector('#switches').textContent.includes('attempts'));
});

step('a wrong setting is rejected in words', async ({ page, go }) => {
  await go(talk('&view=service'));
  await page.$eval('input[name="deliveries.attempts"]', (field) => { field.value = '0'; });
  await page.click('[action="/page/settings"] .primary');
  await page.waitForSelector('#problem .problem');
  await go(talk('&view=service'));
  check(!await page.$('#problem .problem'), 'the words stay');
});

step('a dialect is switched on and off', async ({ page }) => {
  await page.click(button('Respond in its dialect'));
  await page.waitForSelector(button('dialect:'));
  await page.click(button('dialect:'));
  await page.waitForFunction(() => !document.querySelector('#switches').textContent.includes('dialect'));
});

step('a subscription is disabled and activated', async ({ page, go }) => {
  await go(talk('&view=connect'));
  await page.click(button('Disable'));
  await page.waitForSelector(button('BLACKLISTED'));
  await page.click(button('Activate'));
  await page.waitForFunction(() => !document.querySelector('#switches').textContent.includes('BLACKLISTED'));
});

step('a new phone texts', async ({ page, go }) => {
  await go('/');
  await page.click('#new summary');
  await page.$eval('#new input[name=phone]', (field) => { field.value = '+1 (303) 555-0166'; });
  await page.click('#new button');
  await page.waitForSelector('[aria-label="Conversation with +13035550166"]');
  await page.type('[data-compose] textarea', 'Hello, I am new');
  await page.click('[data-compose] .primary');
  await page.waitForSelector('::-p-xpath(//ul[@id="phone-list"]//a[contains(., "Hello, I am new")])');
});

step('the search finds a text and a number', async ({ page, go }) => {
  for (const [words, found] of [['i am NEW', 1], ['5550166', 1], ['nobody has texted this', 0]]) {
    await go('/');
    await page.type('[type=search]', words);
    await page.waitForFunction((count) => document.querySelectorAll('#phone-list li').length === count
      && document.getElementById('count').textContent.includes('found'), {}, found);
  }
});

step('everything works by the keyboard', async ({ page, go }) => {
  await go(talk());
  await page.keyboard.press('Tab');
  const skip = await page.evaluate(() => document.activeElement.className);
  check(skip === 'skip', 'the first stop is not the skip link');
  await page.keyboard.press('Enter');
  const reach = async (selector) => {
    for (let count = 0; count < 60; count += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    }
    throw new Error(`the Tab key doesn't reach ${selector}`);
  };
  await reach('[data-compose] textarea');
  await page.keyboard.type('By keyboard alone');
  await page.keyboard.press('Enter');
  await page.waitForSelector(bubble('By keyboard alone'));
  await reach('#views a:nth-child(3)');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[action="/page/plan"]');
  await reach('[name=plan][value=slow]');
  await page.keyboard.press('Space');
  await page.waitForSelector('#switches button');
  await page.focus('.skip');
  await reach('#switches button');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => !document.querySelector('#switches [value="plan:"]'));
});

step('it works without the script', async ({ page, go }) => {
  await page.setJavaScriptEnabled(false);
  await go(talk());
  await page.type('[data-compose] textarea', 'Without a script');
  await Promise.all([page.waitForNavigation(), page.click('[data-compose] .primary')]);
  check(await page.$(bubble('Without a script')), 'the text is not on the page');
  await page.setJavaScriptEnabled(true);
});

step('a page of another site can neither read nor send', async ({ other, service }) => {
  const before = (await service.control('GET', '/messages')).length;
  const outcome = await other.evaluate(async (at) => {
    const attempt = (path, options) => fetch(at + path, options).then(
      (response) => response.type === 'opaque' ? 'opaque' : 'read', () => 'failed');
    const body = new URLSearchParams({ phone: '+13035550123', own: '+12025550100', text: 'smuggled' });
    return [await attempt('/', {}), await attempt('/control', {}),
      await attempt('/page/text', { method: 'POST', body, mode: 'no-cors' }),
      await attempt('/control/customer/messages', { method: 'POST', mode: 'no-cors',
        body: JSON.stringify({ from: '+13035550123', to: '+12025550100', text: 'smuggled' }) })];
  }, service.page);
  check(!outcome.includes('read'), `it could read: ${outcome}`);
  const page = await (await fetch(`${service.page}/?q=smuggled`)).text();
  check(page.includes('0 found'), 'it could send');
  check((await service.control('GET', '/messages')).length === before, 'a message was sent');
});

export { steps, talk };
