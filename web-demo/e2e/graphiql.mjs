// GraphiQL comes from the program itself and asks as whoever was chosen.

export async function graphiql({ open, check }) {
  const window = await open('/graphiql?as=emma');
  await check('GraphiQL answers a query as Emma', async () => {
    await window.sees(window.page.locator('.graphiql-editor .view-line'));
    await window.page.getByRole('button', { name: /Execute query/ }).click();
    await window.sees(window.page.locator('.graphiql-response .view-line', { hasText: '"emma"' }));
  });
  await check('and is as quiet and as much at home', async () => {
    window.isQuiet();
    await window.page.close();
  });
}
