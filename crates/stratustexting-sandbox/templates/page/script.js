// Keeps the page as it is in the sandbox: asks for it again when something has changed, and
// replaces the parts that differ. Forms and links do the same without leaving the page.
'use strict';

const status = document.getElementById('connection');
// The text of each part as the server sent it: what was typed since doesn't count.
const sent = new WeakMap();
let moves = 0;
let waiting = false;
let asking = false;

function remember(root) {
  for (const part of root.querySelectorAll('[data-live]')) {
    sent.set(part, part.innerHTML);
    if (part.dataset.live === 'keyed') {
      for (const child of part.children) sent.set(child, child.outerHTML);
    }
  }
}

// Children with a key stay, so that open details stay open, and a screen reader reads out only
// what is new.
function replaceKeyed(old, fresh) {
  const byKey = new Map([...old.children].map((child) => [child.dataset.key, child]));
  const children = [...fresh.children].map((child) => {
    const before = byKey.get(child.dataset.key);
    if (before && sent.get(before) === child.outerHTML) return before;
    sent.set(child, child.outerHTML);
    if (!before) child.classList.add('fresh');
    const open = before && before.querySelector('details[open]');
    if (open) child.querySelector('details').open = true;
    return child;
  });
  const kept = new Set(children);
  for (const child of [...old.children]) if (!kept.has(child)) child.remove();
  children.forEach((child, index) => {
    if (old.children[index] !== child) old.insertBefore(child, old.children[index] || null);
  });
}

function focusPath() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const part = element.closest('[data-live]');
  if (!part) return null;
  const same = element.name || element.getAttribute('href') || element.textContent;
  return { part: part.id, tag: element.tagName, same, value: element.value };
}

function focusAgain(path) {
  if (!path || document.activeElement !== document.body) return;
  const part = document.getElementById(path.part);
  if (!part) return;
  const alike = [...part.querySelectorAll(path.tag)].filter((element) =>
    [element.name, element.getAttribute('href'), element.textContent].includes(path.same));
  const again = alike.find((element) => element.value === path.value) || alike[0] || part;
  again.focus({ preventScroll: true });
}

function replace(part, fresh) {
  const kind = fresh.dataset.live;
  // Another conversation or view: nothing of the old one may stay, least of all a draft.
  if (kind !== part.dataset.live || fresh.dataset.place !== part.dataset.place) {
    const parent = part.parentNode;
    parent.replaceChild(fresh, part);
    remember(parent);
    return;
  }
  for (const { name, value } of fresh.attributes) part.setAttribute(name, value);
  if (kind === 'parts') {
    for (const field of fresh.querySelectorAll('input[name=at]')) {
      const form = field.form && field.form.getAttribute('action');
      for (const old of part.querySelectorAll('input[name=at]')) {
        if (old.form && old.form.getAttribute('action') === form) old.value = field.value;
      }
    }
    return;
  }
  if (sent.get(part) === fresh.innerHTML) return;
  const follows = 'follow' in part.dataset
    && part.scrollHeight - part.scrollTop - part.clientHeight < 80;
  const html = fresh.innerHTML;
  if (kind === 'keyed') replaceKeyed(part, fresh);
  else part.replaceChildren(...fresh.childNodes);
  sent.set(part, html);
  if (follows) part.scrollTop = part.scrollHeight;
}

function show(text, url) {
  const fresh = new DOMParser().parseFromString(text, 'text/html');
  const path = focusPath();
  const place = () => document.getElementById('talk').dataset.place;
  const before = place();
  document.title = fresh.title;
  document.getElementById('main').className = fresh.getElementById('main').className;
  for (const part of fresh.querySelectorAll('[data-live]')) {
    const old = document.getElementById(part.id);
    if (old) replace(old, part.cloneNode(true));
  }
  for (const field of fresh.querySelectorAll('[data-search] input[type=hidden]')) {
    document.querySelector(`[data-search] input[name=${field.name}]`).value = field.value;
  }
  if (url && url !== location.href) history.pushState(null, '', url);
  if (place() !== before) toEnd();
  focusAgain(path);
}

function toEnd() {
  const log = document.getElementById('bubbles');
  if (log) log.scrollTop = log.scrollHeight;
}

async function fetchText(url, options) {
  try {
    const response = await fetch(url, options);
    return { response, text: await response.text() };
  } catch (error) {
    status.textContent = 'No connection';
    return null;
  }
}

// Follows a link, or sends a form. What was asked for before is no longer wanted.
async function move(url, options) {
  const number = ++moves;
  const answer = await fetchText(url, options);
  if (!answer || number !== moves) return false;
  const at = new URL(answer.response.url);
  show(answer.text, at.pathname === '/' ? at.href : null);
  return answer.response.ok;
}

async function refresh() {
  waiting = true;
  if (asking) return;
  asking = true;
  while (waiting) {
    waiting = false;
    const number = moves;
    const answer = await fetchText(location.href);
    if (answer && number === moves) show(answer.text);
  }
  asking = false;
}

async function submit(form, button) {
  const data = new FormData(form, button);
  const isGet = form.method === 'get';
  const url = new URL(form.action);
  if (isGet) url.search = new URLSearchParams(data);
  const plain = form.enctype !== 'multipart/form-data';
  const body = plain ? new URLSearchParams(data) : data;
  const done = await move(url.href, isGet ? undefined : { method: 'POST', body });
  if (done) {
    if ('compose' in form.dataset) {
      form.reset();
      showFiles(form.elements.file);
      document.querySelector('[data-compose] textarea').focus();
    }
    if (form.closest('#talk')) toEnd();
  }
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!form.matches('[data-inline], [data-go], [data-search]')) return;
  event.preventDefault();
  submit(form, event.submitter);
});

document.addEventListener('click', (event) => {
  const copy = event.target.closest('[data-copy]');
  if (copy) {
    const text = document.getElementById(copy.dataset.copy).textContent;
    navigator.clipboard.writeText(text).then(
      () => { status.textContent = 'Copied'; },
      () => { status.textContent = 'The browser did not allow copying'; });
    return;
  }
  const link = event.target.closest('a[data-go]');
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  move(link.href).then(() => {
    if (document.activeElement === document.body) document.getElementById('talk').focus();
  });
});

document.addEventListener('keydown', (event) => {
  const form = event.target.form;
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing
      && event.target.matches('textarea') && form && 'compose' in form.dataset) {
    event.preventDefault();
    form.requestSubmit();
  }
});

function showFiles(field) {
  const names = [...field.files].map((file) => file.name);
  field.previousElementSibling.textContent = names.join(', ') || 'Picture';
}

document.addEventListener('change', (event) => {
  if (event.target.type === 'file') showFiles(event.target);
});

let typing;
document.addEventListener('input', (event) => {
  const form = event.target.form;
  if (!form || !('search' in form.dataset)) return;
  clearTimeout(typing);
  typing = setTimeout(() => submit(form), 200);
});

window.addEventListener('popstate', () => move(location.href));

// A browser opens few connections to one host, so a page that nobody sees keeps none.
let events;
function listen() {
  if (document.hidden) {
    if (events) events.close();
    events = null;
    return;
  }
  if (events) return;
  events = new EventSource('/page/events');
  events.addEventListener('open', () => { status.textContent = 'Live'; });
  events.addEventListener('change', refresh);
  events.addEventListener('error', () => { status.textContent = 'No connection'; });
}
document.addEventListener('visibilitychange', listen);

remember(document);
toEnd();
listen();
