// The expense claim and other people: two who may claim the same task, a mask, a window in the dark, and somebody without
// rights.

export async function expense({ open, check }) {
  const emma = await open('/?as=emma');
  const fiona = await open('/?as=fiona');
  const felix = await open('/?as=felix');
  await check('the people are chosen by name', async () => {
    const chooser = await open('/');
    await chooser.sees(chooser.page.getByRole('heading', { name: 'Docket' }));
    await chooser.isAccessible();
    await chooser.page.getByRole('link', { name: /Hanna/ }).click();
    await chooser.sees(chooser.page.getByRole('heading', { name: 'Assigned to me' }));
    chooser.isQuiet();
    await chooser.page.close();
  });
  await check('an expense of 80 goes to all of finance', async () => {
    await emma.button('Start a process').click();
    await emma.page.getByRole('menuitem', { name: 'Expense claim' }).click();
    await emma.fill(/Purpose/, 'Trip to a customer');
    await emma.fill(/Amount/, '80');
    await emma.page.locator('.fjs-form-field-select .fjs-input-group').click();
    await emma.page.getByText('Travel', { exact: true }).click();
    await emma.fill(/IBAN/, 'DE02120300000000202051');
    await emma.button('Complete').click();
    for (const window of [fiona, felix]) {
      await window.worklist(/To be claimed 1/).click();
      await window.row(/Approve the payment/).click();
    }
  });
  await check('who claims it first has it, and the other sees it go', async () => {
    await fiona.button('Claim').click();
    await fiona.sees(fiona.button('Give back'));
    await felix.loses(felix.row(/Approve the payment/));
    await felix.loses(felix.button('Claim'));
    await felix.isAccessible();
  });
  await check('given back, it is there for the other again', async () => {
    await fiona.button('Give back').click();
    await felix.sees(felix.row(/Approve the payment/));
    await felix.row(/Approve the payment/).click();
    await felix.button('Claim').click();
    await felix.sees(felix.button('Approve'));
  });
  await check('the payment is approved', async () => {
    await felix.button('Approve').click();
    await felix.sees(felix.page.getByText('Done.'));
  });
  await check('a window in the dark is as legible', async () => {
    await emma.page.emulateMedia({ colorScheme: 'dark' });
    await emma.page.getByRole('link', { name: 'Instances' }).click();
    await emma.page.getByRole('link', { name: /Expense claim/ }).first().click();
    await emma.sees(emma.page.getByRole('heading', { name: 'Where it stands' }));
    await emma.isAccessible();
  });
  await check('a small window shows the list or the task', async () => {
    await felix.page.setViewportSize({ width: 390, height: 844 });
    await felix.isAccessible();
  });
  await check('who starts processes and has no tasks sees where it stands', async () => {
    const ines = await open('/?as=ines');
    await ines.button('Start a process').click();
    await ines.page.getByRole('menuitem', { name: 'Vacation request' }).click();
    await ines.sees(ines.page.getByRole('cell', { name: 'Fill in the request' }));
    await ines.isAccessible();
    await ines.button('Withdraw').click();
    await ines.page.getByRole('alertdialog').getByRole('button', { name: 'Withdraw' }).click();
    await ines.sees(ines.page.getByRole('article').getByText('Withdrawn'));
    ines.isQuiet();
    await ines.page.close();
  });
  await check('a process with a form asks before it starts', async () => {
    const hanna = await open('/?as=hanna');
    await hanna.button('Start a process').click();
    await hanna.page.getByRole('menuitem', { name: 'Onboarding' }).click();
    const dialog = hanna.page.getByRole('dialog', { name: 'Onboarding' });
    await dialog.getByLabel(/Newcomer/).fill('Nele');
    await dialog.getByRole('button', { name: 'Start' }).click();
    await hanna.sees(dialog.getByText('Field is required.'));
    await hanna.isAccessible();
    await dialog.getByLabel(/First day/).fill('2026-12-01');
    await dialog.getByRole('button', { name: 'Start' }).click();
    await hanna.sees(hanna.page.getByRole('heading', { name: 'Where it stands' }));
    await hanna.sees(hanna.page.getByRole('definition').getByText('Nele'));
    hanna.isQuiet();
    await hanna.page.close();
  });
  await check('who has no rights is told so', async () => {
    const nora = await open('/?as=nora');
    await nora.sees(nora.page.getByText('Nora has no worklists'));
    await nora.isAccessible();
    nora.isQuiet();
    await nora.page.close();
  });
  await check('nothing was said in these consoles either', async () => {
    for (const window of [emma, fiona, felix]) {
      window.isQuiet();
      await window.page.close();
    }
  });
}
