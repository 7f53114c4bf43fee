// What is not a story: a narrow window, words without an end, an address that leads nowhere, a server that was away.

const NARROW = { width: 375, height: 700 };
const ENDLESS = 'Wolfeschlegelsteinhausenbergerdorff'.repeat(6);

export async function edges({ open, check }) {
  await check('a narrow window never scrolls sideways', async () => {
    const hanna = await open('/?as=hanna', (page) => page.setViewportSize(NARROW));
    await hanna.sees(hanna.page.getByText('Live', { exact: true }));
    await fits(hanna);
    await hanna.button('Start a process').click();
    await hanna.sees(hanna.page.getByRole('menuitem', { name: 'Onboarding' }));
    await fits(hanna);
    await hanna.page.getByRole('menuitem', { name: 'Onboarding' }).click();
    const dialog = hanna.page.getByRole('dialog', { name: 'Onboarding' });
    await dialog.getByLabel(/Newcomer/).fill(ENDLESS);
    await dialog.getByLabel(/First day/).fill('2026-12-01');
    await fits(hanna);
    await dialog.getByRole('button', { name: 'Start' }).click();
    await hanna.sees(hanna.page.getByRole('definition').getByText(ENDLESS));
    await fits(hanna);
    hanna.isQuiet();
    await hanna.page.close();
  });
  await check('an address that leads nowhere says so', async () => {
    const emma = await open('/worklists/nonsense?as=emma');
    await emma.sees(emma.page.getByText('This address leads nowhere'));
    await emma.page.close();
  });
  await check('what a server that was away did not answer is asked again', async () => {
    const away = { is: false, live: undefined };
    const mark = await open('/?as=mark', async (page) => {
      await page.route('**/graphql', (route) => (away.is ? route.abort() : route.continue()));
      await page.routeWebSocket(/\/graphql\/ws$/, (near) => {
        if (away.is) {
          void near.close({ code: 4408, reason: 'away' });
          return;
        }
        away.live = near;
        near.connectToServer();
      });
    });
    await mark.sees(mark.page.getByText('Live', { exact: true }));
    away.is = true;
    await away.live.close({ code: 4408, reason: 'away' });
    await mark.page.getByRole('link', { name: 'Instances' }).click();
    await mark.sees(mark.page.getByText('The server does not answer.'));
    away.is = false;
    await mark.loses(mark.page.getByText('The server does not answer.'));
    await mark.sees(mark.page.getByRole('region', { name: 'Instances' }).getByRole('link'));
    await mark.page.close();
  });
}

/** Nothing reaches beyond the right edge, neither of the page nor of what scrolls up and down in it. */
async function fits(window) {
  const wide = await window.page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll('main, main *, [role=dialog]')]
      .filter((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0)
      .filter((part) => part === document.documentElement || /auto|scroll/.test(getComputedStyle(part).overflowX))
      .map((part) => `${part.tagName} ${part.className} ${part.scrollWidth} > ${part.clientWidth}`),
  );
  if (wide.length > 0) throw new Error(wide.join('\n'));
}
