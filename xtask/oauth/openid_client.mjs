// Logs in at the sandbox with openid-client, as a program in JavaScript would.
//
// `cargo xtask oauth-clients` runs it with the folder of the installed package as the
// argument, and the sandbox's line of JSON on its standard input.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

const installed = createRequire(`${process.argv[2]}/package.json`)
const oauth = await import(pathToFileURL(installed.resolve('openid-client')))

const sandbox = JSON.parse(readFileSync(0, 'utf8'))
const scope = 'https://com.beetexting.scopes/ReadContact https://com.beetexting.scopes/SendMessage'
const redirectUri = 'http://127.0.0.1:4711/callback' // Nobody listens there.

// The service has no discovery, so the endpoints are given.
function configuration(authentication) {
  const server = {
    issuer: new URL(sandbox.token_url).origin,
    authorization_endpoint: sandbox.authorize_url,
    token_endpoint: sandbox.token_url,
  }
  const id = sandbox.client_id
  const config = new oauth.Configuration(server, id, undefined, authentication(sandbox.client_secret))
  // The sandbox speaks http, on this machine only.
  oauth.allowInsecureRequests(config)
  return config
}

// What a person does in a browser; returns where the browser is sent.
async function logIn(url) {
  const page = await fetch(url)
  assert.equal(page.status, 200)
  assert.match(await page.text(), /<form/)
  const body = new URLSearchParams({ username: sandbox.username, password: sandbox.password })
  const response = await fetch(url, { method: 'POST', body, redirect: 'manual' })
  assert.equal(response.status, 302)
  return new URL(response.headers.get('location'))
}

async function listSites(config, token) {
  const url = new URL(`${sandbox.api_base}/site/all`)
  const headers = new Headers({ 'x-api-key': sandbox.api_key })
  const sites = await oauth.fetchProtectedResource(config, token, url, 'GET', null, headers)
  assert.equal(sites.status, 200)
  assert.ok(Array.isArray((await sites.json()).content))
}

const config = configuration(oauth.ClientSecretBasic)

// The authorization code grant with PKCE. The package compares the state and hashes the verifier.
async function begin() {
  const verifier = oauth.randomPKCECodeVerifier()
  const state = oauth.randomState()
  const url = oauth.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  return { location: await logIn(url), verifier, state }
}

const login = await begin()
const checks = { pkceCodeVerifier: login.verifier, expectedState: login.state }
const first = await oauth.authorizationCodeGrant(config, login.location, checks)
assert.equal(first.token_type, 'bearer')
assert.ok(first.expiresIn() > 0)
await listSites(config, first.access_token)

// A refresh.
const second = await oauth.refreshTokenGrant(config, first.refresh_token)
assert.notEqual(second.access_token, first.access_token)
await listSites(config, second.access_token)

// The code is valid once, and only with its verifier.
const other = await begin()
for (const pkceCodeVerifier of [oauth.randomPKCECodeVerifier(), other.verifier]) {
  await assert.rejects(
    oauth.authorizationCodeGrant(config, other.location, {
      pkceCodeVerifier,
      expectedState: other.state,
    }),
    { error: 'invalid_grant' },
  )
}

// Client credentials, by the header and by the form.
for (const authentication of [oauth.ClientSecretBasic, oauth.ClientSecretPost]) {
  const machine = configuration(authentication)
  const token = await oauth.clientCredentialsGrant(machine, { scope })
  assert.equal(token.refresh_token, undefined)
  await listSites(machine, token.access_token)
}

console.log('openid-client: code with PKCE, refresh, client credentials')
