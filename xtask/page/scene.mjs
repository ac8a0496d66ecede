// A conversation as it might be, for the README's picture.

// A cake on a card: what a bakery would send.
const CARD = `<!doctype html><style>body{margin:0;width:420px;height:260px;display:grid;place-items:center;
font:700 30px "Liberation Sans",sans-serif;color:#5b2245;background:linear-gradient(140deg,#ffe3c7,#ffc3da)}
p{margin:0;text-align:center}small{display:block;font-size:16px;font-weight:400}</style>
<p>Your cake is ready<small>Pick-up until six, Main Street 12</small></p>`;

const PHONE = '+12135550100';

export async function scene(browser, service) {
  const card = await browser.newPage();
  await card.setViewport({ width: 420, height: 260 });
  await card.setContent(CARD);
  const picture = await card.screenshot();
  await card.close();

  const says = (from, text) => service.control('POST', '/customer/messages',
    { from, to: service.at.number, text });
  await says('+12035550100', 'Do you have gluten-free bread on Mondays?');
  await says('+12075550100', 'STOP');
  await service.send('+12145550100', 'Your table for two is booked for 7 pm.');
  await says('+12145550100', 'Perfect, thank you!');
  await service.send(PHONE, 'Hello! We have started with your order 1042.');
  await says(PHONE, 'Great. May I come at five?');
  await service.sendPicture(PHONE, 'Any time from four. See you soon!', picture, 'cake.png');
  await says(PHONE, 'It looks wonderful!');
  const fault = { kind: 'respond_late', milliseconds: 2000, commit: 'after' };
  await service.control('POST', '/faults/random',
    { seed: 1, probability: 0.3, faults: [{ fault }] });
  return `/?phone=${encodeURIComponent(PHONE)}&pane=talk`;
}
