// Keeps the page as it is in the sandbox: asks for it again when something has changed, and
// replaces the parts that differ. Forms and links do the same without leaving the page.
'use strict';

const status = document.getElementById('connection');
// The text of each part as the server sent it: what was typed since doesn't count.
const sent = new WeakMap();
let moves = 0;
let typing;
let events;

const LOST = 'No connection';
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
  // Another button would do something else.
  const again = alike.find((element) => element.value === path.value)
    || (path.tag === 'BUTTON' ? null : alike[0]) || part;
  again.focus({ preventScroll: true });
}

// The fields of a part that somebody has changed and not sent.
function edited(part) {
  return [...part.querySelectorAll('input, select')].filter((field) => {
    if (field.type === 'hidden' || sending.has(field.form)) return false;
    if (field.type === 'checkbox') return field.checked !== field.defaultChecked;
    if (field.tagName === 'SELECT') {
      return [...field.options].some((option) => option.selected !== option.defaultSelected);
    }
    return field.value !== field.defaultValue;
  }).map(({ name, type, value, checked }) => ({ name, type, value, checked }));
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
  const edits = edited(part);
  if (kind === 'keyed') replaceKeyed(part, fresh);
  else part.replaceChildren(...fresh.childNodes);
  sent.set(part, html);
  for (const { name, type, value, checked } of edits) {
    const field = part.querySelector(`[name="${name}"]`);
    if (field && type === 'checkbox') field.checked = checked;
    else if (field) field.value = value;
  }
  if (follows) part.scrollTop = part.scrollHeight;
}

// What isn't the page says in words why there is none.
function showProblem(text) {
  const problem = document.getElementById('problem');
  const words = document.createElement('p');
  words.className = 'problem';
  words.textContent = text.slice(0, 300) || 'The sandbox could not do this';
  problem.replaceChildren(words);
  sent.delete(problem);
}

function show(text, url, isRefresh) {
  const fresh = new DOMParser().parseFromString(text, 'text/html');
  if (!fresh.getElementById('main')) {
    showProblem(text);
    return;
  }
  const path = focusPath();
  const place = () => document.getElementById('talk').dataset.place;
  const before = place();
  document.title = fresh.title;
  document.getElementById('main').className = fresh.getElementById('main').className;
  for (const part of fresh.querySelectorAll('[data-live]')) {
    // A problem stays until the next move, so that it can be read.
    if (isRefresh && part.id === 'problem') continue;
    const old = document.getElementById(part.id);
    if (old) replace(old, part.cloneNode(true));
  }
  for (const form of ['[data-search]', '#new form']) {
    for (const field of fresh.querySelectorAll(`${form} input[type=hidden]`)) {
      document.querySelector(`${form} input[name=${field.name}]`).value = field.value;
    }
  }
  const search = document.querySelector('[type=search]');
  if (search !== document.activeElement) {
    search.value = fresh.querySelector('[type=search]').value;
  }
  // The address may end in the skip link's target.
  if (url && url !== location.href.split('#')[0]) history.pushState(null, '', url);
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
    const text = await response.text();
    if (status.textContent === LOST && events && events.readyState === EventSource.OPEN) {
      status.textContent = 'Live';
    }
    return { response, text };
  } catch (error) {
    status.textContent = LOST;
    return null;
  }
}

// Follows a link, or sends a form. What was asked for before is no longer wanted.
async function move(url, options) {
  clearTimeout(typing);
  const number = ++moves;
  const answer = await fetchText(url, options);
  if (!answer) return false;
  if (number === moves) {
    // What is asked for meanwhile is of the place before.
    moves += 1;
    const at = new URL(answer.response.url);
    show(answer.text, at.pathname === '/' ? at.href : null);
  }
  return answer.response.ok;
}

async function refresh() {
  waiting = true;
  if (asking) return;
  asking = true;
  try {
    while (waiting) {
      waiting = false;
      const number = moves;
      const answer = await fetchText(location.href);
      if (answer && number === moves) show(answer.text, null, true);
      else if (answer) waiting = true;
    }
  } finally {
    asking = false;
  }
}

// A text must not be sent twice because somebody pressed Enter twice.
const sending = new WeakSet();

async function submit(form, button) {
  const data = new FormData(form, button);
  const isGet = form.method === 'get';
  const url = new URL(form.action);
  if (isGet) url.search = new URLSearchParams(data);
  const plain = form.enctype !== 'multipart/form-data';
  const body = plain ? new URLSearchParams(data) : data;
  if (!isGet && sending.has(form)) return;
  const field = form.elements.text;
  const text = field && field.value;
  sending.add(form);
  let done;
  try {
    done = await move(url.href, isGet ? undefined : { method: 'POST', body });
  } finally {
    sending.delete(form);
  }
  if (done) {
    if ('compose' in form.dataset) {
      // What was typed since then stays.
      const rest = field.value.startsWith(text) ? field.value.slice(text.length) : field.value;
      form.reset();
      field.value = rest;
      showFiles(form.elements.file);
      if (form.isConnected) field.focus();
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
    const source = document.getElementById(copy.dataset.copy);
    const text = source.textContent;
    // Browsers have it for this machine and for https only.
    if (!navigator.clipboard) {
      getSelection().selectAllChildren(source);
      status.textContent = 'Selected: copy it by the keyboard';
      return;
    }
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

document.addEventListener('input', (event) => {
  const form = event.target.form;
  if (!form || !('search' in form.dataset)) return;
  clearTimeout(typing);
  typing = setTimeout(() => submit(form), 200);
});

window.addEventListener('popstate', () => move(location.href));

// A browser opens few connections to one host, so a page that nobody sees keeps none.
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
  events.addEventListener('error', () => { status.textContent = LOST; });
}
document.addEventListener('visibilitychange', listen);

remember(document);
toEnd();
listen();
