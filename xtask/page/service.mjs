// The sandbox as a program uses it: sends by the SDK, a receiver of webhook events, and the
// control API.
import { spawn } from 'node:child_process';
import http from 'node:http';

export class Service {
  constructor(connection, stratus) {
    this.at = connection;
    this.stratus = stratus;
    this.page = new URL(connection.control_url).origin;
  }

  // An SMS by `stratus`, and so by the SDK; the exit code says what became of it.
  send(to, text) {
    const environment = {
      ...process.env,
      STRATUS_API_BASE: this.at.api_base,
      STRATUS_AUTHORIZE_URL: this.at.authorize_url,
      STRATUS_TOKEN_URL: this.at.token_url,
      STRATUS_CLIENT_ID: this.at.client_id,
      STRATUS_CLIENT_SECRET: this.at.client_secret,
      STRATUS_API_KEY: this.at.api_key,
      STRATUS_GRANT: 'client_credentials',
      STRATUS_SENDER: this.at.number,
    };
    const program = spawn(this.stratus, ['sms', 'send', '--yes', '--to', to, text],
      { env: environment, stdio: 'ignore' });
    return new Promise((done, failed) => {
      program.on('error', failed);
      program.on('exit', done);
    });
  }

  async token() {
    const response = await fetch(this.at.token_url, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${this.at.client_id}:${this.at.client_secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    return (await response.json()).access_token;
  }

  async call(method, path, query, body) {
    const url = `${this.at.api_base}${path}${query ? `?${new URLSearchParams(query)}` : ''}`;
    const headers = { authorization: `Bearer ${await this.token()}`, 'x-api-key': this.at.api_key };
    if (typeof body === 'string') headers['content-type'] = 'application/json';
    return fetch(url, { method, headers, body });
  }

  async sendPicture(to, text, bytes, name) {
    const form = new FormData();
    form.append('file', new Blob([bytes], { type: 'image/png' }), name);
    return this.call('POST', '/message/sendmms', { from: this.at.number, to, text }, form);
  }

  async control(method, path, body) {
    const response = await fetch(`${this.at.control_url}${path}`,
      { method, body: body && JSON.stringify(body) });
    return response.status === 204 ? null : response.json();
  }

  // A receiver of inbound messages, subscribed.
  async receiver() {
    const events = [];
    const waiting = [];
    const server = http.createServer((request, response) => {
      if (request.method === 'GET') {
        response.setHeader('validation-token', request.headers['validation-token'] ?? '');
        response.end();
        return;
      }
      let body = '';
      request.on('data', (chunk) => { body += chunk; });
      request.on('end', () => {
        const event = JSON.parse(body);
        const next = waiting.shift();
        if (next) next(event);
        else events.push(event);
        response.statusCode = 204;
        response.end();
      });
    });
    await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
    const uri = `http://127.0.0.1:${server.address().port}/hook`;
    const filter = `/orgId/${this.at.organization_id}/department/${this.at.department_id}`
      + '/message?direction=inbound';
    const response = await this.call('POST', '/webhooksubscription', null,
      JSON.stringify({ uri, eventFilters: [filter] }));
    if (!response.ok) throw new Error(`the subscription was rejected: ${response.status}`);
    return {
      // The next event; the run's own time limit ends the wait.
      next: () => (events.length ? Promise.resolve(events.shift())
        : new Promise((done) => { waiting.push(done); })),
      close: () => server.close(),
    };
  }
}
