// One window of one person, and everything in it that must not happen: errors in the console, requests to elsewhere.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const AXE = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const PATIENCE = 10_000;

export class Window {
  constructor(page, origin) {
    this.page = page;
    this.origin = origin;
    this.faults = [];
  }

  /** `prepare` is done to the page before it goes anywhere. */
  static async open(browser, origin, place, prepare = () => {}) {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    const window = new Window(page, origin);
    window.watch();
    await prepare(page);
    await page.goto(origin + place);
    return window;
  }

  watch() {
    const { page, faults } = this;
    page.on('console', (message) => message.type() === 'error' && faults.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
    const look = (url) => {
      const { protocol, hostname } = new URL(url);
      const isLocal = protocol === 'data:' || protocol === 'blob:' || hostname === '127.0.0.1';
      if (!isLocal) faults.push(`elsewhere: ${url}`);
    };
    page.on('request', (request) => look(request.url()));
    page.on('websocket', (socket) => look(socket.url()));
  }

  /** Waits until it is shown. */
  async sees(locator) {
    await locator.first().waitFor({ state: 'visible' });
  }

  /** Waits until it is shown no more. */
  async loses(locator) {
    await locator.first().waitFor({ state: 'hidden' });
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: true });
  }

  worklist(name) {
    return this.page.getByRole('navigation', { name: 'Worklists' }).getByRole('link', { name });
  }

  /** A task on the list that is shown. */
  row(name) {
    return this.page.getByRole('region', { name: 'Tasks' }).getByRole('link', { name });
  }

  async fill(label, text) {
    await this.page.getByLabel(label).fill(text);
  }

  /** Serious faults of accessibility, as axe finds them in what is shown now. */
  async isAccessible() {
    // Evaluated by the debugger, past the policy that keeps scripts from elsewhere out of the page.
    await this.page.evaluate(AXE);
    const found = await this.page.evaluate(async () => {
      const { violations } = await globalThis.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      });
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(' | ')}`);
    });
    if (found.length > 0) throw new Error(found.join('\n'));
  }

  isQuiet() {
    if (this.faults.length > 0) throw new Error(this.faults.join('\n'));
  }
}
