/** A view as a picture that stands alone: its colours and type are written into it. */
import figure from '../styles/svg.css?raw';
import tokens from '../styles/tokens.css?raw';
import { standaloneWith } from './picture.ts';

export const standalone = (markup: string, theme: 'light' | 'dark'): string =>
  standaloneWith(markup, theme, tokens, figure);
