/** When the browser has done what waits: it paints, and listens to its reader. */
export const nextTask = (): Promise<void> => new Promise((done) => setTimeout(done));
