// What people said about a task.

import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';

import { type FragmentType, graphql, readFragment } from '../../graphql/generated';
import { Button, Initial } from '../../ui/controls';
import { Moment } from '../../ui/moment';
import { Failure } from '../../ui/notice';
import { Refusals } from '../../ui/refusals';

const TASK = graphql(`
  fragment TaskComments on Task {
    id
    comments(first: 100) {
      totalCount
      nodes {
        id
        createdAt
        text
        author {
          id
          name
        }
      }
    }
    viewerCan {
      comment
    }
  }
`);

const ADD = graphql(`
  mutation AddComment($input: AddCommentInput!) {
    addComment(input: $input) {
      task {
        id
        ...TaskComments
      }
      userErrors {
        ...Refusal
      }
    }
  }
`);

export function TaskComments({ task: shown }: { task: FragmentType<typeof TASK> }) {
  const task = readFragment(TASK, shown);
  return (
    <div className="flex flex-col gap-4">
      {task.comments.nodes.length === 0 && <p className="text-sm text-soft">Nobody has said anything yet.</p>}
      <ol className="flex flex-col gap-3">
        {task.comments.nodes.map((comment) => (
          <li key={comment.id} className="flex gap-3">
            <Initial name={comment.author.name} />
            <div>
              <p className="text-sm">
                <span className="font-medium">{comment.author.name}</span>{' '}
                <span className="text-soft">
                  <Moment at={comment.createdAt} />
                </span>
              </p>
              <p className="wrap-anywhere whitespace-pre-wrap">{comment.text}</p>
            </div>
          </li>
        ))}
      </ol>
      {task.viewerCan.comment && <NewComment task={task.id} />}
    </div>
  );
}

function NewComment({ task }: { task: string }) {
  const [text, setText] = useState('');
  const [{ data, error, fetching }, add] = useMutation(ADD);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (fetching || text.trim() === '') return;
    const { data: said } = await add({ input: { task, text } });
    if (said?.addComment.userErrors.length === 0) setText('');
  };
  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col items-start gap-2">
      <label htmlFor="comment" className="text-sm font-medium text-soft">
        Your comment
      </label>
      <textarea
        id="comment"
        rows={3}
        maxLength={4000}
        value={text}
        onChange={(event) => setText(event.target.value)}
        className="w-full rounded-md border border-line-strong bg-surface px-3 py-2"
      />
      {error && <Failure error={error} />}
      <Refusals errors={data?.addComment.userErrors ?? []} />
      <Button type="submit" busy={fetching}>
        Add the comment
      </Button>
    </form>
  );
}
