// Taking back what one has started.

import { AlertDialog } from 'radix-ui';
import { useMutation } from 'urql';

import { type FragmentType, graphql, readFragment } from '../../graphql/generated';
import { Button } from '../../ui/controls';
import { Failure } from '../../ui/notice';
import { Refusals } from '../../ui/refusals';

const INSTANCE = graphql(`
  fragment Withdraw on ProcessInstance {
    id
    viewerCan {
      withdraw
    }
  }
`);

const WITHDRAW = graphql(`
  mutation WithdrawInstance($input: WithdrawInstanceInput!) {
    withdrawInstance(input: $input) {
      processInstance {
        id
        ...InstanceView
      }
      userErrors {
        ...Refusal
      }
    }
  }
`);

export function Withdraw({ instance }: { instance: FragmentType<typeof INSTANCE> }) {
  const { id, viewerCan } = readFragment(INSTANCE, instance);
  const [{ data, error, fetching }, withdraw] = useMutation(WITHDRAW);
  return (
    <>
      {error && <Failure error={error} />}
      <Refusals errors={data?.withdrawInstance.userErrors ?? []} />
      {viewerCan.withdraw && (
        <AlertDialog.Root>
          <AlertDialog.Trigger asChild>
            <Button busy={fetching}>Withdraw</Button>
          </AlertDialog.Trigger>
          <AlertDialog.Portal>
            <AlertDialog.Overlay className="fixed inset-0 bg-(--shade)" />
            <AlertDialog.Content className="fixed top-1/3 left-1/2 w-[min(24rem,calc(100vw-2rem))] -translate-x-1/2 rounded-lg border border-line bg-surface p-5 shadow-lg">
              <AlertDialog.Title className="font-semibold">Withdraw it?</AlertDialog.Title>
              <AlertDialog.Description className="mt-1 text-sm text-soft">
                Its open tasks are cancelled. This cannot be undone.
              </AlertDialog.Description>
              <div className="mt-4 flex justify-end gap-2">
                <AlertDialog.Cancel asChild>
                  <Button>Keep it</Button>
                </AlertDialog.Cancel>
                <AlertDialog.Action asChild>
                  <Button kind="primary" onClick={() => void withdraw({ input: { processInstance: id } })}>
                    Withdraw
                  </Button>
                </AlertDialog.Action>
              </div>
            </AlertDialog.Content>
          </AlertDialog.Portal>
        </AlertDialog.Root>
      )}
    </>
  );
}
