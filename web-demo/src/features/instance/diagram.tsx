// The model as it was drawn, with the places marked where the instance stands.

import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';

import type NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import type Canvas from 'diagram-js/lib/core/Canvas';
import type ElementRegistry from 'diagram-js/lib/core/ElementRegistry';
import { useEffect, useRef, useState } from 'react';
import { useQuery } from 'urql';

import { graphql } from '../../graphql/generated';
import { Failure } from '../../ui/notice';

const MODEL = graphql(`
  query Model($instance: ID!) {
    processInstance(id: $instance) {
      id
      process {
        id
        bpmnXml
      }
    }
  }
`);

const MARK = 'token';
/** How much of the frame the drawing fills. */
const AIR = 0.92;

export function Diagram({ instance, marked }: { instance: string; marked: readonly string[] }) {
  const [{ data }] = useQuery({ query: MODEL, variables: { instance } });
  const xml = data?.processInstance?.id === instance ? data.processInstance.process.bpmnXml : undefined;
  const holder = useRef<HTMLElement>(null);
  const [viewer, setViewer] = useState<NavigatedViewer>();
  const [error, setError] = useState<Error>();

  useEffect(() => {
    if (!xml || !holder.current) return;
    const container = holder.current;
    let made: NavigatedViewer | undefined;
    let isOver = false;
    const draw = async () => {
      const { default: Viewer } = await import('bpmn-js/lib/NavigatedViewer');
      if (isOver) return;
      made = new Viewer({ container });
      await made.importXML(xml);
      if (isOver) return;
      const canvas = made.get<Canvas>('canvas');
      const middle = { x: container.clientWidth / 2, y: container.clientHeight / 2 };
      canvas.zoom(canvas.zoom('fit-viewport', middle) * AIR, middle);
      setViewer(made);
    };
    draw().catch(() => setError(new Error('the diagram cannot be drawn')));
    return () => {
      isOver = true;
      setViewer(undefined);
      made?.destroy();
    };
  }, [xml]);

  const marks = marked.join(' ');
  useEffect(() => {
    if (!viewer) return;
    const canvas = viewer.get<Canvas>('canvas');
    const drawn = viewer.get<ElementRegistry>('elementRegistry');
    const shown = marks.split(' ').filter((id) => drawn.get(id));
    for (const id of shown) canvas.addMarker(id, MARK);
    return () => {
      for (const id of shown) canvas.removeMarker(id, MARK);
    };
  }, [viewer, marks]);

  if (error) return <Failure error={error} />;
  return (
    <section
      ref={holder}
      aria-label="Diagram of the process; the table below says the same"
      className="diagram h-72 overflow-hidden rounded-lg border border-line bg-white dark:bg-surface"
    />
  );
}
