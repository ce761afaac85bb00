// Owns a correct receiver in Node: node:http alone, rows in memory. `node node_receiver.mjs PORT`; port 0 prints its port.
import http from 'node:http';

const HOOK = '/webhooks/clodura';
const TOKEN = 'a-secret-in-the-query-7319';
const LONGEST = 2_000_000;
const NUMBER = /^\+[1-9][0-9]{6,14}$/;
const rows = new Map();

function numbersOf(holder) {
  const found = holder.phoneNumbers;
  if (!Array.isArray(found) || !found.every((each) => typeof each === 'string' && NUMBER.test(each))) {
    throw new TypeError('phoneNumbers');
  }
  return found;
}

function parsed(text) {
  const document = JSON.parse(text);
  const steps = 'trackingId' in document ? document.providers : [document];
  const id = 'trackingId' in document ? document.trackingId : document.personId;
  if (typeof id !== 'string' || !Array.isArray(steps)) throw new TypeError('no result');
  return [id, steps.flatMap(numbersOf)];
}

function answer(response, status, document) {
  const body = document === undefined ? '' : JSON.stringify(document);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function deliver(request, response, url) {
  if (request.method !== 'POST') return answer(response, 405, { error: 'only POST' });
  if (url.searchParams.get('token') !== TOKEN) return answer(response, 404, { error: 'not here' });
  const chunks = [];
  let length = 0;
  request.on('data', (chunk) => {
    length += chunk.length;
    if (length <= LONGEST) chunks.push(chunk);
  });
  request.on('end', () => {
    if (length > LONGEST) return answer(response, 413, { error: 'too long' });
    let id, numbers;
    try {
      [id, numbers] = parsed(Buffer.concat(chunks).toString('utf8'));
    } catch {
      return answer(response, 400, { error: 'this is no result' });
    }
    if (!rows.has(id)) {
      rows.set(id, { state: numbers.length ? 'found' : 'not_found', phoneNumbers: numbers, appliedCount: 1 });
    }
    answer(response, 200, {});
  });
}

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://receiver');
  if (url.pathname === HOOK) return deliver(request, response, url);
  const wanted = url.searchParams.get('trackingId') ?? url.searchParams.get('personId');
  answer(response, 200, rows.get(wanted) ?? { state: null, phoneNumbers: [], appliedCount: 0 });
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log(server.address().port));
