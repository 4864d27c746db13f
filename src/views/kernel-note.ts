/** A word beside the kernel code when the run follows another version's rules. @param shown the excerpts' series */
export function kernelNote(parameters: { readonly [name: string]: unknown }, shown: string): string {
  const { kernel } = parameters;
  return typeof kernel !== 'string' || kernel === shown
    ? ''
    : `; the run has Linux ${kernel}’s rules, the code is ${shown}’s`;
}
