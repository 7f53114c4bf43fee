// Take a task in hand, or give it back.

import { useMutation } from 'urql';

import { type FragmentType, graphql, readFragment } from '../../graphql/generated';
import { Button } from '../../ui/controls';
import { Failure } from '../../ui/notice';
import { Refusals } from '../../ui/refusals';

const TASK = graphql(`
  fragment TaskActions on Task {
    id
    revision
    viewerCan {
      claim
      unclaim
    }
  }
`);

const CLAIM = graphql(`
  mutation ClaimTask($input: ClaimTaskInput!) {
    claimTask(input: $input) {
      task {
        id
        ...TaskPane
      }
      userErrors {
        ...Refusal
      }
    }
  }
`);

const UNCLAIM = graphql(`
  mutation UnclaimTask($input: UnclaimTaskInput!) {
    unclaimTask(input: $input) {
      task {
        id
        ...TaskPane
      }
      userErrors {
        ...Refusal
      }
    }
  }
`);

export function TaskActions({ task: shown }: { task: FragmentType<typeof TASK> }) {
  const { id, viewerCan } = readFragment(TASK, shown);
  const [claimed, claim] = useMutation(CLAIM);
  const [unclaimed, unclaim] = useMutation(UNCLAIM);
  const refusals = [
    ...(claimed.data?.claimTask.userErrors ?? []),
    ...(unclaimed.data?.unclaimTask.userErrors ?? []),
  ];
  const error = claimed.error ?? unclaimed.error;
  return (
    <div className="flex flex-wrap items-center gap-2">
      {viewerCan.claim && (
        <Button kind="primary" busy={claimed.fetching} onClick={() => void claim({ input: { task: id } })}>
          Claim
        </Button>
      )}
      {viewerCan.unclaim && (
        <Button busy={unclaimed.fetching} onClick={() => void unclaim({ input: { task: id } })}>
          Give back
        </Button>
      )}
      {error && <Failure error={error} />}
      <Refusals errors={refusals} />
    </div>
  );
}
