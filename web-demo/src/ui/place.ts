// The address is the first home of state: who, which list, which task.

import { useEffect } from 'react';
import { type To, useLocation } from 'react-router';

/** Makes targets for links that keep the chosen person. */
export function usePlaces(): (pathname: string) => To {
  const { search } = useLocation();
  const person = new URLSearchParams(search).get('as');
  return (pathname) => ({ pathname, search: person ? `?as=${person}` : '' });
}

export function useTitle(...parts: (string | null | undefined)[]) {
  const title = [...parts.filter(Boolean), 'Docket'].join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
}
