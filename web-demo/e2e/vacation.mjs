// The vacation: Emma asks, Mark has it at once in a window that was open before, sends it back, then approves; Emma's
// window follows. Nobody reloads.

const WEEK = ['2026-12-14', '2026-12-18'];

export async function vacation({ open, check }) {
  const emma = await open('/?as=emma');
  const mark = await open('/?as=mark');
  await check('Mark has an empty list that says it is live', async () => {
    await mark.sees(mark.page.getByText('Nothing to do here'));
    await mark.sees(mark.page.getByText('Live', { exact: true }));
    await mark.isAccessible();
  });

  await check('Emma starts a vacation request and stands before its form', async () => {
    await emma.button('Start a process').click();
    await emma.page.getByRole('menuitem', { name: 'Vacation request' }).click();
    await emma.sees(emma.page.getByRole('heading', { name: 'Fill in the request' }));
    await emma.sees(emma.page.getByLabel(/First day/));
    await emma.isAccessible();
  });
  await check('an empty form is not sent, and its first fault has the focus', async () => {
    await emma.button('Complete').click();
    await emma.sees(emma.page.getByText('Field is required.'));
    await emma.page.waitForFunction(() => document.activeElement?.matches('.form input'));
    await emma.isAccessible();
  });
  await check('what Emma types is kept as a draft', async () => {
    const saved = emma.page.waitForResponse((answer) => answer.request().postData()?.includes('"Skiing"'));
    await fill(emma);
    await saved;
    await emma.sees(emma.page.getByText('Draft saved'));
    await emma.page.reload();
    await emma.page.waitForFunction(() => document.querySelector('.form textarea')?.value === 'Skiing');
  });

  await check('what Emma sends is with Mark at once', async () => {
    await emma.button('Complete').click();
    await mark.sees(mark.row(/Approve the vacation/));
    await mark.sees(mark.worklist(/Assigned to me 1/));
    await emma.loses(emma.row(/Fill in the request/));
  });
  await check('Emma sees where it is, and cannot decide', async () => {
    await emma.worklist(/Initiated by me/).click();
    await emma.row(/Approve the vacation/).click();
    await emma.sees(emma.page.getByRole('definition').getByText('mark', { exact: true }));
    if (await emma.button('Approve').count()) throw new Error('Emma may decide');
  });
  await check('Mark reads what Emma wrote and says something', async () => {
    await mark.row(/Approve the vacation/).click();
    await mark.page.waitForFunction((day) => document.querySelector('.form input')?.value === day, WEEK[0]);
    await mark.isAccessible();
    await mark.page.getByRole('tab', { name: /Comments/ }).click();
    await mark.fill('Your comment', 'Is the inventory done by then?');
    await mark.button('Add the comment').click();
    await mark.sees(mark.page.getByRole('tab', { name: 'Comments (1)' }));
    await mark.isAccessible();
  });
  await check('Emma hears it without a reload', () => emma.sees(emma.page.getByRole('tab', { name: 'Comments (1)' })));

  await check('Mark sends it back, and Emma has the form again, filled in', async () => {
    await mark.page.getByRole('tab', { name: 'Task', exact: true }).click();
    await mark.button('Revise').click();
    await mark.loses(mark.row(/Approve the vacation/));
    await emma.worklist(/Assigned to me 1/).click();
    await emma.row(/Fill in the request/).click();
    await emma.page.waitForFunction((day) => document.querySelector('.form input')?.value === day, WEEK[0]);
    await emma.button('Complete').click();
    await mark.sees(mark.row(/Approve the vacation/));
  });
  await check('the diagram and the table beside it say where it stands', async () => {
    await emma.worklist(/Initiated by me/).click();
    await emma.row(/Approve the vacation/).click();
    await emma.page.getByRole('tab', { name: 'Process' }).click();
    await emma.sees(emma.page.locator('.diagram .token'));
    await emma.sees(emma.page.getByRole('cell', { name: 'Approve the vacation' }));
    await emma.isAccessible();
  });
  await check('Mark approves, and the window of Emma says so by itself', async () => {
    await mark.row(/Approve the vacation/).click();
    await mark.button('Approve').click();
    await mark.sees(mark.page.getByText('Done.'));
    await emma.loses(emma.row(/Approve the vacation/));
    await emma.sees(emma.page.getByRole('tabpanel').getByText('Completed'));
    await emma.sees(emma.worklist(/Initiated by me 0/));
  });
  await check('the instance is among those that Emma may read', async () => {
    await emma.page.getByRole('link', { name: 'Instances' }).click();
    await emma.page.getByRole('link', { name: /Vacation request/ }).click();
    await emma.sees(emma.page.getByRole('heading', { level: 2, name: 'Vacation request' }));
    await emma.sees(emma.page.getByText('approve', { exact: true }));
    await emma.isAccessible();
  });
  await check('nothing was said in the console and nobody was asked elsewhere', async () => {
    emma.isQuiet();
    mark.isQuiet();
  });
  await emma.page.close();
  await mark.page.close();
}

async function fill(window) {
  await window.fill(/First day/, WEEK[0]);
  await window.fill(/Last day/, WEEK[1]);
  await window.fill(/Working days/, '5');
  await window.fill(/Manager/, 'mark');
  await window.fill(/Reason/, 'Skiing');
}
