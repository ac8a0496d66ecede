// Makes the Postman collection and the environments, and prints them as one JSON object:
// texts by name of the file. `cargo xtask postman` runs it and writes or compares them.
//
// Postman's own converter makes the requests of openapi.json. What is added here is what an
// OpenAPI document can't say: which values are variables, how the id in one answer gets into
// a later request, and how a token is got. collection.yaml has all of that; nothing here
// knows an operation by name.
"use strict";

const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { promisify } = require("node:util");
const { load } = require("js-yaml");
const converter = require("openapi-to-postmanv2");

const config = load(readFileSync(join(__dirname, "collection.yaml"), "utf8"));
const source = readFileSync(join(__dirname, "../../../openapi.json"), "utf8");
const document = JSON.parse(source);

// What a name in a path, a query or a body stands for.
const variables = { ...config.filled_in, ...config.preset, ...config.stored };
const reference = (name) => `{{${name}}}`;
function refuse(problem) {
  throw new Error(problem);
}

/** The same id each time: a UUID of version 8, which is made of whatever one likes. */
function id(name) {
  const bytes = createHash("sha256").update(name).digest();
  bytes[6] = (bytes[6] & 0x0f) | 0x80;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The operations by method and path, as the converter writes them. */
function operations() {
  const found = new Map();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if (!operation.responses) continue;
      const parameters = [...(operation.parameters ?? []), ...(item.parameters ?? [])];
      const at = `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ":$1")}`;
      found.set(at, { ...operation, parameters });
    }
  }
  return found;
}

/** A parameter or a part of a form, with its variable in place of the example. */
function fill({ key, value, description, disabled }) {
  const filled = variables[key] ? reference(key) : value;
  return { key, value: filled, description, disabled: disabled || undefined };
}

/** A value of a body, with variables in place of fields and of ids that are stored. */
function fillBody(value, field) {
  if (Array.isArray(value)) return value.map((item) => fillBody(item, field));
  if (value && typeof value === "object") {
    const fields = Object.entries(value).map(([key, item]) => [key, fillBody(item, key)]);
    return Object.fromEntries(fields);
  }
  if (typeof value !== "string") return value;
  const name = config.fields[field] ?? field;
  if (variables[name]) return reference(name);
  return Object.entries(config.stored).reduce(
    (text, [name, { example }]) => (example ? text.replaceAll(example, reference(name)) : text),
    value,
  );
}

/** The lines of the script that runs after an operation's answer. */
function script(operation) {
  const successes = Object.keys(operation.responses).filter((status) => /^2/.test(status));
  const pattern = successes.join("|").replace(/X/gi, "\\d");
  const lines = [
    `pm.test("the status is ${successes.join(" or ")}", function () {`,
    `    pm.expect(String(pm.response.code)).to.match(/^(${pattern})$/);`,
    "});",
  ];
  const { items } = operation["x-pagination"];
  if (items) {
    lines.push(
      `pm.test("the page has its items in ${items}", function () {`,
      `    pm.expect(pm.response.json()).to.have.property("${items}").that.is.an("array");`,
      "});",
    );
  }
  for (const [name, { at, from, keep }] of Object.entries(config.stored)) {
    if (!from.includes(operation.operationId)) continue;
    const steps = at.split("/").map((step) => (/^\d+$/.test(step) ? `?.[${step}]` : `?.${step}`));
    const found = `pm.response.json()${steps.join("")}`;
    const wanted = keep ? `!pm.variables.get("${name}") && ` : "";
    lines.push(
      "// For requests that come later.",
      `if (${wanted}pm.response.code < 300 && ${found}) {`,
      `    pm.environment.set("${name}", ${found});`,
      "}",
    );
  }
  return lines;
}

/** A converted request, with what the document can't say. */
function finish(item, operation) {
  const { operationId, security = document.security ?? [] } = operation;
  const { request } = item;
  const { url, body } = request;
  // What reaches somebody, or names something that exists, is never an example's value.
  const { path, query } = operation["x-sensitive"];
  for (const name of [...path, ...query, ...url.variable.map(({ key }) => key)]) {
    if (!variables[name]) refuse(`${operationId}: collection.yaml doesn't say what ${name} stands for`);
  }
  const inQuery = url.query.map(fill);
  const sent = inQuery.filter(({ disabled }) => !disabled);
  const text = sent.map(({ key, value }) => `${key}=${value}`).join("&");
  const raw = [reference("base_url"), ...url.path].join("/");
  // A form's type has a boundary, which whoever sends it adds.
  const headers = request.header.filter(({ key }) => key !== "Content-Type" || body?.mode === "raw");
  const known = document.components.securitySchemes;
  const schemes = security.flatMap(Object.keys).map((name) => known[name]);
  for (const { type, name, description } of schemes) {
    if (type === "apiKey") headers.push({ key: name, value: reference("api_key"), description });
  }
  if (body?.mode === "raw") {
    body.raw = JSON.stringify(fillBody(JSON.parse(body.raw)), null, 2);
  } else if (body?.mode === "formdata") {
    body.formdata = body.formdata.map((part) => {
      const { key, description } = part;
      const src = config.files[key];
      return src ? { key, type: "file", src, description } : { type: "text", ...fill(part) };
    });
  } else if (body?.mode) {
    refuse(`${operationId}: a body of the mode ${body.mode}`);
  }
  const { basis, note } = operation["x-provenance"];
  const meaning = config.bases[basis] ?? refuse(`${operationId}: the basis ${basis}`);
  return {
    id: operationId,
    name: item.name,
    event: [{ listen: "test", script: { type: "text/javascript", exec: script(operation) } }],
    request: {
      auth: schemes.some(({ type }) => type === "oauth2") ? undefined : { type: "noauth" },
      method: request.method,
      header: headers,
      body: body?.mode ? body : undefined,
      url: {
        raw: text ? `${raw}?${text}` : raw,
        host: [reference("base_url")],
        path: url.path,
        query: inQuery,
        variable: url.variable.map(fill),
      },
      description: `${operation.description}\n\n**How it is known:** ${meaning} ${note ?? ""}`.trim(),
    },
  };
}

/** The folders of the operations, each operation once. */
function folders(converted) {
  const left = operations();
  const items = (folder) =>
    folder.item.map((item) => {
      const at = `${item.request.method} /${item.request.url.path.join("/")}`;
      const operation = left.get(at) ?? refuse(`${at}: no operation of openapi.json`);
      left.delete(at);
      return finish(item, operation);
    });
  const position = ({ name }) => (config.folders.indexOf(name) + 1 || made.length + 1);
  const made = converted.item.map((folder) => ({
    id: `tag-${folder.name.toLowerCase().replaceAll(" ", "-")}`,
    name: folder.name,
    description: folder.description,
    item: items(folder),
  }));
  if (left.size) refuse(`${[...left.keys()].join(", ")}: not converted`);
  return made.sort((a, b) => position(a) - position(b));
}

/** A variable of the collection. What is known of it is openapi.json's, where it has it. */
function variable(key) {
  const all = [...operations().values()];
  const parameter = all.flatMap(({ parameters }) => parameters).find(({ name }) => name === key);
  const description = [variables[key].description ?? parameter?.description];
  const from = config.stored[key]?.from.map((id) => {
    const operation = all.find(({ operationId }) => operationId === id);
    return `*${operation?.summary ?? refuse(`${key}: no operation ${id}`)}*`;
  });
  if (from) description.push(`Stored from the answer to ${from.join(", ")}.`);
  if (config.filled_in[key]) {
    description.push("To be filled in.");
    if (parameter) description.push(`Such as ${parameter.example}.`);
  }
  const value = config.preset[key] ? parameter.example : "";
  return { key, value, type: "string", description: description.filter(Boolean).join(" ") };
}

/** The collection, and what a person has to know first. */
function collection(converted) {
  const rows = document["x-brands"].map(
    ({ name, server, tokenUrl }) => `| ${name} | ${server} | ${tokenUrl ?? config.unknown_url} |`,
  );
  const before = config.before.trimEnd().split("\n");
  const table = [config.brand_table.trimEnd(), ...rows].join("\n");
  return {
    info: {
      name: document.info.title,
      description: [config.introduction, table, document.info.description].join("\n\n"),
      _postman_id: id(document.info.title),
      schema: "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
    },
    auth: config.auth,
    event: [{ listen: "prerequest", script: { type: "text/javascript", exec: before } }],
    variable: Object.keys(variables).sort().map(variable),
    item: [config.authorization, ...folders(converted)],
  };
}

/** A brand's environment: where its service is, and what a person fills in. */
function environment(brand) {
  const schemes = Object.values(document.components.securitySchemes);
  const flows = schemes.flatMap(({ flows }) => Object.values(flows ?? {}));
  const scopes = new Set(flows.flatMap(({ scopes }) => Object.keys(scopes)));
  const known = {
    base_url: brand.server,
    authorization_url: brand.authorizationUrl,
    token_url: brand.tokenUrl,
    scope: [...scopes].sort().join(" "),
  };
  const value = ([key, { secret, value }]) => {
    const type = secret ? "secret" : "default";
    return { key, value: known[key] ?? value ?? "", type, enabled: true };
  };
  return {
    _postman_exported_using: "cargo xtask postman",
    id: id(`environment ${brand.id}`),
    name: brand.authorizationUrl && brand.tokenUrl ? brand.name : `${brand.name} (OAuth URLs UNKNOWN)`,
    values: Object.entries({ ...config.connection, ...config.filled_in }).map(value),
    _postman_variable_scope: "environment",
  };
}

// A description as an object with the type text/plain isn't shown as Markdown.
const plain = (key, value) => (key === "description" ? (value?.content ?? value) || undefined : value);
const text = (value) => `${JSON.stringify(value, plain, 2)}\n`;

async function main() {
  // An error that is thrown in its callback would be reported as its own.
  const convert = promisify(converter.convertV2);
  const { result, reason, output } = await convert({ type: "string", data: source }, config.converter);
  if (!result) refuse(reason);
  const files = { "stratustexting.postman_collection.json": text(collection(output[0].data)) };
  for (const brand of document["x-brands"]) {
    files[`${brand.id}.postman_environment.json`] = text(environment(brand));
  }
  process.stdout.write(JSON.stringify(files));
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
