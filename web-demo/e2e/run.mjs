// Tells the stories in real windows against the real program: starts it on an empty folder and a free port, ends it by its
// process, and says how many checks held.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { edges } from './edges.mjs';
import { expense } from './expense.mjs';
import { graphiql } from './graphiql.mjs';
import { reconnect } from './reconnect.mjs';
import { vacation } from './vacation.mjs';
import { Window } from './window.mjs';

const PROGRAM = fileURLToPath(new URL('../../target/debug/docket', import.meta.url));
const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';
const PATIENCE = 20_000;
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const score = { passed: 0, failed: 0 };

/** One check; the story goes on after a failure, so that the first is not the only one that is seen. */
async function check(what, holds) {
  try {
    await holds();
    score.passed += 1;
    console.log(`ok   ${what}`);
  } catch (cause) {
    score.failed += 1;
    console.log(`FAIL ${what}\n     ${String(cause?.message ?? cause).split('\n').slice(0, 6).join('\n     ')}`);
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function startProgram(folder) {
  await access(PROGRAM);
  const origin = `http://127.0.0.1:${await freePort()}`;
  const listen = origin.slice('http://'.length);
  const program = spawn(PROGRAM, ['demo', '--data', join(folder, 'data'), '--listen', listen], { stdio: 'pipe' });
  const said = [];
  for (const stream of [program.stdout, program.stderr]) stream.on('data', (text) => said.push(String(text)));
  const until = Date.now() + PATIENCE;
  const isReady = () => fetch(`${origin}/readyz`).then((answer) => answer.ok, () => false);
  while (!(await isReady())) {
    if (program.exitCode !== null || Date.now() > until) throw new Error(`the program did not start:\n${said.join('')}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  return { program, origin };
}

async function end(program) {
  if (program.exitCode !== null) return;
  const ended = once(program, 'exit');
  program.kill('SIGTERM');
  const late = setTimeout(() => program.kill('SIGKILL'), PATIENCE);
  await ended;
  clearTimeout(late);
}

const folder = await mkdtemp(join(tmpdir(), 'docket-e2e-'));
await mkdir(join(folder, 'browser'));
let program;
let browser;
try {
  const started = await startProgram(folder);
  program = started.program;
  browser = await chromium.launchPersistentContext(join(folder, 'browser'), {
    executablePath: BROWSER,
    args: FLAGS,
    viewport: { width: 1280, height: 800 },
  });
  const open = (place, prepare) => Window.open(browser, started.origin, place, prepare);
  for (const story of [vacation, expense, reconnect, edges, graphiql]) await story({ open, check });
} catch (cause) {
  score.failed += 1;
  console.log(`FAIL the stories were not told to the end\n     ${cause?.stack ?? cause}`);
} finally {
  await browser?.close();
  if (program) await end(program);
  await rm(folder, { recursive: true, force: true });
}

console.log(`e2e: ${score.passed} passed, ${score.failed} failed`);
process.exitCode = score.failed === 0 && score.passed > 0 ? 0 : 1;
