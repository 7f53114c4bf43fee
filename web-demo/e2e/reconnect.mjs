// A window whose socket breaks says so, goes on where it was when it comes back, and shows what happened in between.

export async function reconnect({ open, check }) {
  const socket = { isCut: false, live: undefined, asked: [] };
  const mark = await open('/?as=mark', (page) =>
    page.routeWebSocket(/\/graphql\/ws$/, (near) => {
      if (socket.isCut) {
        void near.close({ code: 4408, reason: 'cut' });
        return;
      }
      const far = near.connectToServer();
      socket.live = near;
      near.onMessage((message) => {
        socket.asked.push(JSON.parse(String(message)));
        far.send(message);
      });
    }),
  );
  const hanna = await open('/?as=hanna');
  await check('a first request arrives over the socket', async () => {
    await mark.sees(mark.page.getByText('Live', { exact: true }));
    await request(hanna);
    await mark.sees(mark.row(/Approve the vacation.*hanna/));
  });
  await check('a cut is told', async () => {
    socket.isCut = true;
    await socket.live.close({ code: 4408, reason: 'cut' });
    await mark.sees(mark.page.getByText('Reconnecting'));
  });
  await check('what happened meanwhile is there afterwards, asked for by its cursor', async () => {
    await request(hanna);
    socket.asked.length = 0;
    socket.isCut = false;
    await mark.page.waitForFunction(() => document.querySelectorAll('[aria-label="Tasks"] li').length === 2);
    await mark.sees(mark.page.getByText('Live', { exact: true }));
    const lists = socket.asked.filter(({ payload }) => payload?.query?.includes('worklistChanges'));
    if (lists.length !== 1 || !lists[0].payload.variables.after) throw new Error(JSON.stringify(lists));
  });
  await check('the arrows go through the list', async () => {
    const rows = mark.row(/Approve the vacation/);
    await rows.first().focus();
    await mark.page.keyboard.press('ArrowDown');
    await mark.page.waitForFunction((second) => document.activeElement === second, await rows.nth(1).elementHandle());
    await mark.page.keyboard.press('Enter');
    await mark.page.waitForFunction(() => document.activeElement?.matches('h2'));
  });
  await check('and the windows were quiet', async () => {
    mark.isQuiet();
    hanna.isQuiet();
    await mark.page.close();
    await hanna.page.close();
  });
}

async function request(hanna) {
  await hanna.button('Start a process').click();
  await hanna.page.getByRole('menuitem', { name: 'Vacation request' }).click();
  await hanna.fill(/First day/, '2026-12-28');
  await hanna.fill(/Last day/, '2026-12-31');
  await hanna.fill(/Working days/, '4');
  await hanna.fill(/Manager/, 'mark');
  await hanna.button('Complete').click();
  await hanna.sees(hanna.page.getByText('Done.'));
}
