/** The parts of a chapter, in their order. The playbook comes before them. */
export const PARTS = [
  'Symptom',
  'What happened',
  'Predict',
  'Step through',
  'Fix',
  'Then and now',
  'On a real kernel',
  'Check yourself',
];
