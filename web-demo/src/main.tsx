import '@bpmn-io/form-js-viewer/dist/assets/form-js-base.css';
import './ui/theme.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';

import { App } from './app';
import { PersonGate } from './features/person/gate';

const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');

createRoot(root).render(
  <StrictMode>
    <BrowserRouter>
      <PersonGate>
        <App />
      </PersonGate>
    </BrowserRouter>
  </StrictMode>,
);
