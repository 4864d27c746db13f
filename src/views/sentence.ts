/** A sentence of the trace as markup: what decides stands between asterisks. */
import { escapeText } from './svg.ts';

export const sentence = (says: string): string =>
  escapeText(says)
    .replace(/(\d) (s|ms)\b/g, '$1\u00a0$2')
    .replace(/\*([^*]+)\*/g, '<strong>$1</strong>');
